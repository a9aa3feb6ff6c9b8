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
const RECOVERIES = 9;
const DRIFT_EXECUTIONS = 100_000;
/** Isolate mode does some 800 a second in one host; on a busy machine fewer are seen, and the row says how many. */
const MAX_DRIFT_MS = { context: 60_000, isolate: 180_000 } as const;
/** What the killers among good executions are: the first two are refused after a while, against the third nothing helps. */
const KILLERS = [
  'one source of many tenants',
  'many sources of one tenant',
  'many sources of many tenants',
] as const;

type Killers = (typeof KILLERS)[number];

export interface StressRow {
  readonly name: string;
  readonly target: string;
  /** `isMet` is absent where there is no target. */
  readonly measure: () => Promise<{ readonly seen: string; readonly isMet?: boolean }>;
}

/** Each row can be measured alone. */
export function stressRows(time: { readonly seconds: number; readonly rounds: number }): StressRow[] {
  return [
    recoveryRow('killed host to the next outcome, reserve up', true),
    recoveryRow('killed host to the next outcome, without a reserve', false),
    {
      name: '10,000 suspended, context, all processes',
      target: '<= 2,500 MB',
      measure: async () => {
        const mb = await measureSuspended(10_000);
        return { seen: `${Math.round(mb)} MB`, isMet: mb <= 2_500 };
      },
    },
    ...(['context', 'isolate'] as const).flatMap((isolation) => [
      ...KILLERS.map((killers) => hostileRow(isolation, killers, time)),
      driftRow(isolation),
    ]),
  ];
}

function recoveryRow(name: string, standby: boolean): StressRow {
  return {
    name,
    target: standby ? '<= 150 ms' : '',
    measure: async () => {
      const readings = await measureRecovery(RECOVERIES, standby);
      const median = readings[Math.floor(RECOVERIES / 2)] ?? Number.NaN;
      const seen = `median ${median.toFixed(0)} ms, worst ${readings.at(-1)?.toFixed(0)} ms of ${RECOVERIES}`;
      return standby ? { seen, isMet: median <= 150 } : { seen };
    },
  };
}

// Undisturbed and disturbed take turns, so that both meet the same moods of the machine; the row is the median of the ratios.
function hostileRow(
  isolation: Isolation,
  killers: Killers,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): StressRow {
  return {
    name: `${isolation}: one killer in a hundred, ${killers}`,
    target: '>= 60 %',
    measure: async () => {
      const readings: { calm: number; share: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const calm = await measureHostile(isolation, seconds, 'none');
        readings.push({ calm, share: (await measureHostile(isolation, seconds, killers)) / calm });
      }
      const middle = readings.sort((a, b) => a.share - b.share)[Math.floor(rounds / 2)];
      const { share = Number.NaN, calm = Number.NaN } = middle ?? {};
      return { seen: `${Math.round(100 * share)} % of ${Math.round(calm)}/s`, isMet: share >= 0.6 };
    },
  };
}

function driftRow(isolation: 'context' | 'isolate'): StressRow {
  return {
    name: `${isolation}: memory of one host over ${DRIFT_EXECUTIONS.toLocaleString('en')} executions`,
    target: '< 10 % more',
    measure: async () => {
      const { count, tenthMb, mostMb } = await measureDrift(
        isolation,
        DRIFT_EXECUTIONS,
        MAX_DRIFT_MS[isolation],
      );
      const end = count < DRIFT_EXECUTIONS ? ` up to ${count.toLocaleString('en')}, when time was up` : '';
      const more = Math.round(100 * (mostMb / tenthMb - 1));
      const seen = `${Math.round(tenthMb)} MB after a tenth, at most ${Math.round(mostMb)} MB later${end} (${more} % more)`;
      return { seen, isMet: mostMb < 1.1 * tenthMb };
    },
  };
}

/** Resident memory of all processes with `count` executions that wait for a tool, MB. */
async function measureSuspended(count: number): Promise<number> {
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
async function measureRecovery(times: number, standby: boolean): Promise<number[]> {
  await using pool = createPool({ poolSize: 1, standby });
  const readings: number[] = [];
  for (let i = 0; i < times; i++) {
    const { hostPid } = (await pool.execute({ source: TRIVIAL })).stats;
    if (hostPid === undefined) throw new Error('the execution ran nowhere');
    // A reserve that starts is no reserve yet: a second of its own suffices anywhere.
    if (standby) await delay(RESERVE_READY_MS);
    const startMs = performance.now();
    process.kill(hostPid, 'SIGKILL');
    await pool.execute({ source: TRIVIAL });
    readings.push(performance.now() - startMs);
  }
  return readings.sort((a, b) => a - b);
}

/** Good executions per second, with one killer in a hundred or without. */
async function measureHostile(
  isolation: Isolation,
  seconds: number,
  killers: Killers | 'none',
): Promise<number> {
  await using pool = createPool({ isolation });
  await pool.ready();
  const endMs = performance.now() + seconds * 1_000;
  let submitted = 0;
  let good = 0;
  const user = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const isKiller = ++submitted % 100 === 0 && killers !== 'none';
      const source = killers === 'one source of many tenants' ? KILLER : `${KILLER} // ${submitted}`;
      const tenant = killers === 'many sources of one tenant' ? 'killer' : `killer ${submitted}`;
      const { success } = await pool.execute(isKiller ? { source, tenant } : { source: TRIVIAL });
      if (success && performance.now() < endMs) good++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, user));
  return good / seconds;
}

/**
 * Resident memory of the host after a tenth of `count` executions, and the most of the readings after each further tenth, MB;
 * hosts are replaced when a pool replaces them. `maxMs` bounds the time.
 */
async function measureDrift(
  isolation: Isolation,
  count: number,
  maxMs: number,
): Promise<{ count: number; tenthMb: number; mostMb: number }> {
  await using pool = createPool({ poolSize: 1, isolation, standby: false });
  const rss = (): number => Math.max(...pool.stats().hosts.map(({ rssBytes }) => rssBytes ?? 0)) / 1e6;
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
  let mostMb = 0;
  for (let tenth = 2; tenth <= 10; tenth++) mostMb = Math.max(mostMb, await runTo((tenth * count) / 10));
  return { count: submitted, tenthMb, mostMb };
}
