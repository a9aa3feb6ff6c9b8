// A scaling sweep: one closed-loop run per level, of pool size or of executions in flight.
import { realClock } from '../clock.ts';
import type { RunReport } from '../report/run-report.ts';
import type { SweepPoint, SweepReport } from '../report/sweep-report.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import { type LoadOverrides, planLoad } from './load-plan.ts';
import type { LoadPlan } from './sample.ts';
import { describeCheck } from './validity.ts';

export interface SweepAxis {
  readonly kind: SweepReport['axis'];
  /** Distinct, ascending. */
  readonly levels: readonly number[];
}

export interface SweepOptions {
  readonly axis: SweepAxis;
  readonly scenario: Scenario;
  readonly overrides: LoadOverrides;
  readonly signal: AbortSignal;
  /** One run against a fresh target; `workers` is the size of its pool, when that is what is swept. */
  readonly run: (plan: LoadPlan, workers: number | undefined) => Promise<RunReport>;
  readonly onPoint?: (point: SweepPoint) => void;
}

/** Enough in flight to keep a host process busy while its scripts wait for tools. */
const USERS_PER_WORKER = 16;
const DURATION_MS = 5_000;
const WARMUP_MS = 1_000;
const INTERRUPTED = 96;
const INVALID = 98;

/** Runs every level in order; an interruption keeps the levels that were finished. */
export async function runSweep(options: SweepOptions): Promise<SweepReport> {
  const { axis, scenario, signal } = options;
  const reports: RunReport[] = [];
  const points: SweepPoint[] = [];
  for (const level of axis.levels) {
    const report = await options.run(planOf(options, level), axis.kind === 'workers' ? level : undefined);
    reports.push(report);
    if (!report.complete && signal.aborted) break;
    const point = pointOf(level, report);
    points.push(point);
    options.onPoint?.(point);
  }
  const [first] = reports;
  if (first === undefined) throw new RangeError('a sweep needs a level');
  const complete = points.length === axis.levels.length;
  const worst = reports.find(({ exit_code }) => exit_code !== 0)?.exit_code ?? 0;
  return {
    schema: 'enclave.bench/1',
    kind: 'sweep',
    complete,
    exit_code: complete ? worst && INVALID : INTERRUPTED,
    ended_at: new Date(realClock.wallMs()).toISOString(),
    scenario: {
      name: scenario.name,
      purpose: scenario.purpose,
      hash: scenario.hash,
      seed: first.scenario.seed,
    },
    target: { driver: first.target.driver, isolation: first.target.isolation },
    axis: axis.kind,
    sweep: points,
    points: points.flatMap(({ done_per_s, level_n, valid }) =>
      valid && done_per_s !== null ? [{ concurrency: level_n, throughput: done_per_s }] : [],
    ),
    env: first.env,
  };
}

function planOf({ axis, overrides, scenario }: SweepOptions, level: number): LoadPlan {
  const concurrency =
    axis.kind === 'concurrency' ? level : (overrides.concurrency ?? level * USERS_PER_WORKER);
  const durationMs = overrides.count === undefined ? (overrides.durationMs ?? DURATION_MS) : undefined;
  return planLoad(scenario, {
    ...overrides,
    concurrency,
    durationMs,
    warmupMs: overrides.warmupMs ?? WARMUP_MS,
  });
}

function pointOf(level: number, { exit_code, latency, rates, scenario, validity }: RunReport): SweepPoint {
  const response = latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  const failed = validity.checks.find(({ state }) => state === 'failed');
  const mean = response?.mean_us ?? null;
  return {
    level_n: level,
    concurrency_n: scenario.concurrency_n ?? level,
    done_per_s: rates.done_per_s,
    p50_us: response?.p50_us ?? null,
    p99_us: response?.p99_us ?? null,
    little_n: rates.done_per_s === null || mean === null ? null : (rates.done_per_s * mean) / 1e6,
    // With noise allowed the run exits 0, and its figure is taken with the mark.
    valid: exit_code === 0,
    reason: failed === undefined ? '' : describeCheck(failed),
  };
}
