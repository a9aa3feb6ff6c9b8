// What the bench asks of its own process. The one file of bench/ that touches `process`, so that tests can give another.
import { performance } from 'node:perf_hooks';
import process from 'node:process';

export interface ProcessProbe {
  readonly pid: number;
  readonly node: string;
  readonly v8: string;
  /** CPU time of this process since its start, ms. */
  cpuMs(): number;
  /** Share of the time since the last call in which the event loop was busy, 0..1. */
  loopBusyRatio(): number;
}

export function createProcessProbe(): ProcessProbe {
  let last = performance.eventLoopUtilization();
  return {
    pid: process.pid,
    node: process.version,
    v8: process.versions.v8,
    cpuMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    loopBusyRatio() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
  };
}
