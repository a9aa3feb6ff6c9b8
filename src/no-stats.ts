// What an execution cost that never ran, or of which nothing is known.
import type { ExecutionStats } from './execution.ts';

export const NO_STATS: ExecutionStats = {
  durationMs: 0,
  queueMs: 0,
  cpuMs: 0,
  toolMs: 0,
  toolCallCount: 0,
  consoleBytes: 0,
  logsTruncated: false,
  resultBytes: 0,
  isolation: 'isolate',
};
