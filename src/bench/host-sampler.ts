// CPU and memory of the executor's host processes over a window, sampled; hosts come and go while it lasts.
import type { Clock } from '../clock.ts';
import type { HostStats } from '../execution.ts';
import type { HostUsage } from '../report/run-report.ts';
import type { LoadTarget } from './load-target.ts';

export interface HostWindow {
  readonly hosts: readonly HostUsage[];
  /** CPU of all hosts in the window, ms; null when no host tells. */
  readonly cpuMs: number | null;
  /** Executions that the executor completed in the window. */
  readonly completedN: number;
  readonly lengthMs: number;
}

export interface HostSampler {
  /** Ends the window and answers what it saw. */
  stop(): HostWindow;
}

/** Memory peaks between two readings are missed; so is the CPU that a host used after its last reading. */
const EVERY_MS = 500;

interface Seen {
  readonly first: HostStats;
  last: HostStats;
  rssMaxBytes: number | null;
}

/** Starts a window now. A host that appears later is counted from its own start. */
export function startHostSampler(executor: LoadTarget, clock: Clock): HostSampler {
  const startMs = clock.nowMs();
  const before = executor.stats();
  const seen = new Map<number, Seen>();
  const note = (host: HostStats, first: HostStats): void => {
    const known = seen.get(host.pid) ?? { first, last: host, rssMaxBytes: null };
    known.last = host;
    if (host.rssBytes !== null) known.rssMaxBytes = Math.max(known.rssMaxBytes ?? 0, host.rssBytes);
    seen.set(host.pid, known);
  };
  for (const host of before.hosts) note(host, host);
  const read = (): void => {
    for (const host of executor.stats().hosts) {
      note(host, { ...host, live: 0, completed: 0, cpuMs: host.cpuMs === null ? null : 0 });
    }
  };
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = clock.setTimer(EVERY_MS, () => {
      read();
      arm();
    });
  };
  arm();
  return {
    stop() {
      cancel();
      read();
      const lengthMs = clock.nowMs() - startMs;
      const usages = [...seen.values()].map((host) => usageOf(host, lengthMs));
      const known = usages.filter((usage) => usage.cpuMs !== null);
      return {
        hosts: usages.map(({ usage }) => usage),
        cpuMs: known.length === 0 ? null : known.reduce((sum, usage) => sum + (usage.cpuMs ?? 0), 0),
        completedN: executor.stats().completed - before.completed,
        lengthMs,
      };
    },
  };
}

function usageOf(
  { first, last, rssMaxBytes }: Seen,
  lengthMs: number,
): { readonly usage: HostUsage; readonly cpuMs: number | null } {
  const cpuMs = last.cpuMs === null || first.cpuMs === null ? null : Math.max(0, last.cpuMs - first.cpuMs);
  const usage = {
    pid: last.pid,
    completed_n: last.completed - first.completed,
    cpu_ratio: cpuMs === null || lengthMs <= 0 ? null : cpuMs / lengthMs,
    rss_max_bytes: rssMaxBytes,
  };
  return { usage, cpuMs };
}
