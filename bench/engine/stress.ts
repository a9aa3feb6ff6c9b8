// What the pool bears: many suspended executions, a killed host, one hostile script in a hundred, memory over many executions.
import { setTimeout as delay } from 'node:timers/promises';
import type { Isolation } from '../../src/execution.ts';

const { createPool } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

/** Aborts its host: V8 runs out of memory in a place where isolated-vm cannot interrupt it. */
const KILLER = 'const m = new Map(); for (let i = 0; ; i++) m.set(i, i)';
const TRIVIAL = 'return 1 + 1';
const CONCURRENCY = 64;
const RESERVE_READY_MS = 2_000;

/** Resident memory of all processes with `count` executions that wait for a tool, MB. */
export async function measureSuspended(count: number): Promise<number> {
  let waiting = 0;
  let allWait = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    allWait = resolve;
  });
  const pool = createPool({
    isolation: 'context',
    maxLivePerWorker: count,
    standby: false,
    limits: { wallMs: 600_000, queueMs: 600_000, toolTimeoutMs: 600_000 },
    toolHandler: () => {
      if (++waiting === count) allWait();
      return new Promise(() => undefined);
    },
  });
  await pool.ready();
  const all = Array.from({ length: count }, () => pool.execute({ source: 'return await callTool("never")' }));
  await settled;
  const rssBytes = pool
    .stats()
    .hosts.reduce((sum, host) => sum + (host.rssBytes ?? 0), process.memoryUsage.rss());
  await pool[Symbol.asyncDispose]();
  await Promise.all(all);
  return rssBytes / 1e6;
}

/** From the SIGKILL of the only host to the next outcome, ms; `times` readings, sorted. */
export async function measureRecovery(times: number): Promise<number[]> {
  await using pool = createPool({ poolSize: 1 });
  const readings: number[] = [];
  for (let i = 0; i < times; i++) {
    const { hostPid } = (await pool.execute({ source: TRIVIAL })).stats;
    if (hostPid === undefined) throw new Error('the execution ran nowhere');
    // A reserve that starts is no reserve yet: a second of its own suffices anywhere.
    await delay(RESERVE_READY_MS);
    const startMs = performance.now();
    process.kill(hostPid, 'SIGKILL');
    await pool.execute({ source: TRIVIAL });
    readings.push(performance.now() - startMs);
  }
  return readings.sort((a, b) => a - b);
}

/**
 * Good executions per second with one killer in a hundred, each of a tenant of its own: all of `one source`, refused after
 * its second crash, or of `fresh sources`, against which quarantine never helps.
 */
export async function measureHostile(
  isolation: Isolation,
  seconds: number,
  killers: 'none' | 'one source' | 'fresh sources',
): Promise<number> {
  await using pool = createPool({ isolation });
  await pool.ready();
  const endMs = performance.now() + seconds * 1_000;
  let submitted = 0;
  let good = 0;
  const user = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const isKiller = ++submitted % 100 === 0 && killers !== 'none';
      const source = killers === 'one source' ? KILLER : `${KILLER} // ${submitted}`;
      const { success } = await pool.execute(
        isKiller ? { source, tenant: `killer ${submitted}` } : { source: TRIVIAL },
      );
      if (success && performance.now() < endMs) good++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, user));
  return good / seconds;
}

/** Resident memory of one host after a tenth and at the end of `count` executions, or as many as `maxMs` allow, MB. */
export async function measureDrift(
  isolation: Isolation,
  count: number,
  maxMs: number,
): Promise<{ count: number; tenthMb: number; allMb: number }> {
  await using pool = createPool({
    poolSize: 1,
    isolation,
    standby: false,
    maxExecutionsPerWorker: 10 * count,
  });
  const rss = (): number => (pool.stats().hosts[0]?.rssBytes ?? 0) / 1e6;
  const endMs = performance.now() + maxMs;
  let submitted = 0;
  const runTo = async (end: number): Promise<number> => {
    const user = async (): Promise<void> => {
      while (submitted < end && performance.now() < endMs) {
        submitted++;
        await pool.execute({ source: TRIVIAL });
      }
    };
    await Promise.all(Array.from({ length: 16 }, user));
    return rss();
  };
  const tenthMb = await runTo(count / 10);
  const allMb = await runTo(count);
  return { count: submitted, tenthMb, allMb };
}
