// One cell on the built pool: a fixed number of executions under way, each followed by the next; warm-up apart.
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Isolation } from '../../src/execution.ts';
import type { LocalPool } from '../../src/pool/pool.ts';

export interface CellInput {
  readonly isolation: Isolation;
  readonly source: string;
  readonly concurrency: number;
}

export interface CellResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time per execution of all host processes, and of this process, us. Unlike rates, hardly moved by other load. */
  readonly hostCpuUs: number;
  readonly ownCpuUs: number;
  /** Resident memory of all host processes at the end, bytes. */
  readonly rssBytes: number;
}

const WARM_UP_MS = 1_000;
const SETTLE_STEP_MS = 200;
const MAX_SETTLE_STEPS = 25;

const { createPool } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

export async function measurePool(
  { isolation, source, concurrency }: CellInput,
  seconds: number,
): Promise<CellResult> {
  await using pool = createPool({
    isolation,
    maxLivePerWorker: Math.max(200, concurrency),
    toolHandler: (name) => (name === 'slow' ? delay(50, 1) : 1),
  });
  await pool.ready();
  await settle(pool);
  const latenciesMs: number[] = [];
  const measureFromMs = performance.now() + WARM_UP_MS;
  const endMs = measureFromMs + seconds * 1_000;
  const hostCpuMs = (): number => pool.stats().hosts.reduce((sum, { cpuMs }) => sum + (cpuMs ?? 0), 0);
  const before = { own: process.cpuUsage(), hostMs: hostCpuMs(), completed: pool.stats().completed };
  const user = async (): Promise<void> => {
    for (;;) {
      const startMs = performance.now();
      if (startMs >= endMs) return;
      const { success, error } = await pool.execute({ source });
      if (!success) throw new Error(`${error.code}: ${error.message}`);
      const nowMs = performance.now();
      if (nowMs >= measureFromMs && nowMs < endMs) latenciesMs.push(nowMs - startMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, user));
  const count = pool.stats().completed - before.completed;
  const own = process.cpuUsage(before.own);
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    perSecond: sorted.length / seconds,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    hostCpuUs: ((hostCpuMs() - before.hostMs) * 1_000) / count,
    ownCpuUs: (own.user + own.system) / count,
    rssBytes: pool.stats().hosts.reduce((sum, { rssBytes }) => sum + (rssBytes ?? 0), 0),
  };
}

/** The host in reserve starts after the first execution: half a second of one core that is no part of an execution's cost. */
async function settle(pool: LocalPool): Promise<void> {
  await pool.execute({ source: 'return 1' });
  for (let i = 0, before = -1; i < MAX_SETTLE_STEPS; i++) {
    await delay(SETTLE_STEP_MS);
    const { hosts } = pool.stats();
    const usedMs = hosts.reduce((sum, { cpuMs }) => sum + (cpuMs ?? 0), 0);
    if (hosts.length > availableParallelism() && usedMs - before <= SETTLE_STEP_MS / 10) return;
    before = usedMs;
  }
}
