// The bench measured against theory on this machine: every law, in this process and behind HTTP.
import { type Clock, realClock } from '../../clock.ts';
import type { LatencyMetric, RunReport } from '../../report/run-report.ts';
import type { SelfTestReport, SelfTestRow } from '../../report/self-test-report.ts';
import type { Scenario } from '../../scenario/load-scenario.ts';
import { createArrivals } from '../arrivals.ts';
import { httpScenario, parseHttpRequest } from '../http/http-request.ts';
import { HttpTarget } from '../http/http-target.ts';
import { planLoad } from '../load-plan.ts';
import type { LoadTarget } from '../load-target.ts';
import { type BenchResult, runBench } from '../run-bench.ts';
import type { LoadPlan } from '../sample.ts';
import { startLawServer } from './law-server.ts';
import { LawTarget } from './law-target.ts';
import { LAWS, type Law } from './laws.ts';

export interface SelfTestOptions {
  readonly argv: readonly string[];
  readonly signal: AbortSignal;
  readonly onRow?: (row: SelfTestRow) => void;
}

const WARMUP_MS = 1_000;
/** Whole periods of the stall, and 1,000 samples for p99 at the least rate. */
const DURATION_MS = 6_000;
const SEED = 11;
/** Timers and loopback: what no generator in user space can be better than. */
const TOLERANCE_MS = 1.6;
const TOLERANCE_RATIO = 0.01;
const CEILING_IN_FLIGHT = 64;
const CEILING_MS = 2_000;
const INTERRUPTED = 96;
const INVALID = 98;

/** Takes about a minute and a half. */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTestReport> {
  await using server = await startLawServer();
  const rows: SelfTestRow[] = [];
  const note = (found: readonly SelfTestRow[]): void => {
    for (const row of found) {
      rows.push(row);
      options.onRow?.(row);
    }
  };
  let last: RunReport | undefined;
  for (const [index, law] of LAWS.entries()) {
    const direct = await measure(law, new LawTarget(law, realClock), options);
    // A law that was cut short says nothing.
    if (options.signal.aborted) break;
    note(rowsOf(law, 'executor', direct));
    const request = parseHttpRequest({ url: `${server.url}${index}` });
    await using http = new HttpTarget({ request });
    const remote = await measure(law, http, options);
    if (options.signal.aborted) break;
    note(rowsOf(law, 'http', remote));
    last = remote.result.report;
  }
  const ceiling = await measureCeiling(options);
  const missed = rows.some(({ state }) => state === 'missed');
  const complete = !options.signal.aborted;
  const late = last?.latency.find(({ metric }) => metric === 'late');
  return {
    schema: 'enclave.bench/1',
    kind: 'self-test',
    complete,
    exit_code: complete ? (missed ? INVALID : 0) : INTERRUPTED,
    ended_at: new Date(realClock.wallMs()).toISOString(),
    rows,
    generator: {
      ceiling_per_s: ceiling.rates.done_per_s,
      clock_step_us: clockStepUs(realClock),
      late_p50_us: late?.p50_us ?? null,
      late_p99_us: late?.p99_us ?? null,
    },
    env: ceiling.env,
  };
}

interface Measured {
  readonly plan: LoadPlan;
  readonly result: BenchResult;
}

async function measure(law: Law, executor: LoadTarget, options: SelfTestOptions): Promise<Measured> {
  const plan = planOf(law);
  const result = await runBench({
    ...common(options),
    plan,
    executor,
    target: { driver: 'self-test', pool_size_n: null, isolation: null },
  });
  return { plan, result };
}

/** The load under which a law is measured. */
export function planOf(law: Law): LoadPlan {
  return planLoad(SCENARIO, {
    arrivals: law.arrivals,
    ratePerSecond: law.ratePerSecond,
    durationMs: DURATION_MS,
    warmupMs: WARMUP_MS,
    seed: SEED,
  });
}

export interface Expectation {
  readonly metric: LatencyMetric;
  readonly quantile: number;
  readonly ms: number;
}

/** What theory says of a plan, for each quantile of the law. */
export function expectationsOf(law: Law, plan: LoadPlan): Expectation[] {
  const source = createArrivals(plan.arrivals, plan.phases, plan.seed);
  const arrivalsMs: number[] = [];
  let from = 0;
  for (let next = source.next(); next !== undefined; next = source.next()) {
    if (plan.phases[next.phase]?.measured !== true) from += 1;
    arrivalsMs.push(next.offsetMs);
  }
  const { quantiles, stream } = law;
  const of = (metric: LatencyMetric, ms: (quantile: number) => number): Expectation[] =>
    quantiles.map((quantile) => ({ metric, quantile, ms: ms(quantile) }));
  return [
    ...of('response', (quantile) => law.expectedMs(quantile, arrivalsMs, from)),
    ...(stream === undefined ? [] : [...of('first', () => stream.firstMs), ...of('gap', () => stream.gapMs)]),
  ];
}

function rowsOf(law: Law, target: SelfTestRow['target'], { plan, result }: Measured): SelfTestRow[] {
  const failed = result.report.validity.checks.find(({ state }) => state === 'failed')?.id;
  return expectationsOf(law, plan).map(({ metric, ms, quantile }) => {
    const found = result.recorder.histogram(metric)?.quantile(quantile);
    const measuredMs = found?.kind === 'value' ? found.us / 1_000 : null;
    const errorMs = measuredMs === null ? null : measuredMs - ms;
    const limitMs = Math.max(TOLERANCE_MS, TOLERANCE_RATIO * ms);
    const isGood = errorMs !== null && Math.abs(errorMs) <= limitMs;
    return {
      law: law.id,
      target,
      metric,
      quantile,
      theory_ms: ms,
      measured_ms: measuredMs,
      error_ms: errorMs,
      limit_ms: limitMs,
      state: isGood ? 'met' : 'missed',
      invalid: failed ?? null,
    };
  });
}

/** Executions per second of the engine against a target that answers at once, one core. */
async function measureCeiling(options: SelfTestOptions): Promise<RunReport> {
  const instant = new LawTarget({ createServer: () => (nowMs) => nowMs }, realClock);
  const plan = planLoad(SCENARIO, {
    concurrency: CEILING_IN_FLIGHT,
    durationMs: CEILING_MS,
    warmupMs: WARMUP_MS,
  });
  const target = { driver: 'self-test', pool_size_n: null, isolation: null };
  return (await runBench({ ...common(options), plan, executor: instant, target })).report;
}

function common({ argv, signal }: SelfTestOptions): {
  scenario: Scenario;
  argv: readonly string[];
  signal: AbortSignal;
  findsWarmup: boolean;
} {
  // Theory speaks of every execution, also of those that a queue answers slowly at first.
  return { scenario: SCENARIO, argv, signal, findsWarmup: false };
}

/** One request that means nothing: a law looks at the instant only. */
const SCENARIO: Scenario = httpScenario(parseHttpRequest({ url: 'http://127.0.0.1/' }));

/** Least difference between two readings of the clock, µs. */
function clockStepUs(clock: Clock): number {
  let least = Infinity;
  for (let i = 0; i < 1_000; i++) {
    const before = clock.nowMs();
    let now = clock.nowMs();
    while (now === before) now = clock.nowMs();
    least = Math.min(least, now - before);
  }
  return least * 1_000;
}
