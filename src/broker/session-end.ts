// Final payloads: of what a runtime reports, and of sessions that end without a report.
import { codeInfo, type OutcomeCode } from '../errors.ts';
import type { ExecutionStats } from '../execution.ts';
import type { FinalPayload } from '../protocol/events.ts';
import type { WireOutcome } from '../protocol/messages.ts';

type EndState = 'completed' | 'failed' | 'cancelled';

const NO_STATS: ExecutionStats = {
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

/** The JSON of a final payload that says why a session ended without an outcome of its own. */
export function failedFinal(code: OutcomeCode, attempts: number, message?: string): string {
  const payload: FinalPayload = {
    ok: false,
    error: { code, name: 'EnclaveError', message: message ?? codeInfo(code).summary },
    stats: { ...NO_STATS, attempts },
  };
  return JSON.stringify(payload);
}

export function endOf(outcome: WireOutcome, attempts: number): { state: EndState; final: string } {
  const stats = JSON.stringify({ ...outcome.stats, attempts });
  if (outcome.success)
    return { state: 'completed', final: `{"ok":true,"result":${outcome.valueJson},"stats":${stats}}` };
  const { signal: _signal, ...error } = outcome.error;
  return {
    state: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
    final: `{"ok":false,"error":${JSON.stringify(error)},"stats":${stats}}`,
  };
}
