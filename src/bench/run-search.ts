// Capacity search against a real executor: each trial is a bench run with the goals as its thresholds.
import { realClock } from '../clock.ts';
import type { RunReport } from '../report/run-report.ts';
import type { SearchReport } from '../report/search-report.ts';
import { createWorkload } from '../scenario/workload.ts';
import type { BenchOptions } from './bench-options.ts';
import { type LoadOverrides, planLoad } from './load-plan.ts';
import { RecoveryWatch } from './recovery.ts';
import { runBench } from './run-bench.ts';
import {
  type SearchResult,
  searchCapacity,
  type Trial,
  type TrialMeasures,
  type TrialSpec,
  type TrialVerdict,
} from './search.ts';
import { parseThresholds, type Subject, type Threshold } from './thresholds.ts';
import { describeCheck } from './validity.ts';

export interface SearchRunOptions extends Omit<BenchOptions, 'plan' | 'thresholds' | 'onProgress'> {
  /** The goals, texts of thresholds. */
  readonly goals: readonly string[];
  readonly seed: number;
  /** What else trials take from the caller; arrivals are Poisson unless it says otherwise. */
  readonly overrides?: Pick<LoadOverrides, 'arrivals' | 'maxInFlight' | 'timeoutMs'>;
  readonly onTrial?: (trial: Trial) => void;
}

export interface SearchRunResult {
  readonly report: SearchReport;
  /** The last confirming run: what the planner can build on. */
  readonly confirmed: RunReport | undefined;
}

const PROBE_MS = 3_000;
const WARMUP_MS = 1_000;
const RECOVERY_TIMEOUT_MS = 5_000;
/** Closed-loop users per host process of the probe: enough to keep hosts busy while scripts wait for tools. */
const PROBE_USERS_PER_HOST = 16;

/** @throws EnclaveError INVALID_INPUT when a goal is none */
export async function runSearch(options: SearchRunOptions): Promise<SearchRunResult> {
  const thresholds = parseThresholds(options.goals, 'open');
  const { clock = realClock, executor, scenario, signal } = options;
  await executor.ready();
  const timeoutMs = Math.min(RECOVERY_TIMEOUT_MS, options.overrides?.timeoutMs ?? scenario.load.timeoutMs);
  const workload = createWorkload(scenario, options.seed, timeoutMs);
  const recovery = new RecoveryWatch({ executor, workload, clock, signal, timeoutMs });
  await recovery.learn();
  const probe = await runProbe(options);
  await recovery.wait();
  const hintPerSecond = Math.max(1, probe.rates.done_per_s ?? 1);
  let confirmed: RunReport | undefined;
  const result = await searchCapacity({
    hintPerSecond,
    samplesNeeded: Math.max(...thresholds.map(({ subject }) => samplesNeeded(subject))),
    seed: options.seed,
    signal: options.signal,
    runTrial: async (spec) => {
      const report = await runTrial(options, thresholds, spec);
      const recoveryMs = signal.aborted ? null : await recovery.wait();
      const verdict = { ...verdictOf(report), measured: measuresOf(report), recoveryMs };
      if (spec.stage === 'confirm' && verdict.state === 'pass') confirmed = report;
      options.onTrial?.({ ...spec, ...verdict });
      return verdict;
    },
  });
  return { report: searchReport(options, result, hintPerSecond, probe, clock.wallMs()), confirmed };
}

async function runProbe(options: SearchRunOptions): Promise<RunReport> {
  const concurrency = PROBE_USERS_PER_HOST * (options.target.pool_size_n ?? 1);
  const plan = planLoad(options.scenario, {
    concurrency,
    durationMs: PROBE_MS,
    warmupMs: WARMUP_MS,
    seed: options.seed,
    timeoutMs: options.overrides?.timeoutMs,
  });
  const { report } = await runBench({ ...options, plan, findsWarmup: false });
  return report;
}

async function runTrial(
  options: SearchRunOptions,
  thresholds: readonly Threshold[],
  { durationMs, ratePerSecond, seed }: TrialSpec,
): Promise<RunReport> {
  const plan = planLoad(options.scenario, {
    arrivals: 'poisson',
    ...options.overrides,
    ratePerSecond,
    durationMs,
    warmupMs: WARMUP_MS,
    seed,
  });
  const { report } = await runBench({ ...options, plan, thresholds, findsWarmup: false });
  return report;
}

/** Noise first: a spoilt trial neither passes nor fails. A trial without a success fails all the same. */
function verdictOf(report: RunReport): TrialVerdict {
  const spoilt = report.validity.checks.find(({ id, state }) => state === 'failed' && id !== 'no-success');
  if (spoilt !== undefined && report.exit_code !== 0 && report.exit_code !== 99) {
    return { state: report.validity.generator_limited ? 'generator' : 'void', reason: describeCheck(spoilt) };
  }
  const unsupported = report.thresholds.find(({ state }) => state === 'unsupported');
  if (unsupported !== undefined) return { state: 'void', reason: `too few samples for ${unsupported.text}` };
  const missed = report.thresholds.find(({ state }) => state === 'fail');
  if (missed === undefined) return { state: 'pass', reason: '' };
  const found = missed.value === null ? 'among the failed' : `${missed.value.toFixed(1)} ${missed.unit}`;
  return { state: 'fail', reason: `${missed.text}: ${found}` };
}

function measuresOf({ latency, rates }: RunReport): TrialMeasures {
  const response = latency.find(({ metric, scope }) => metric === 'response' && scope === 'all');
  return {
    donePerSecond: rates.done_per_s,
    inFlightMean: rates.in_flight_mean_n,
    p50Us: response?.p50_us ?? null,
    p99Us: response?.p99_us ?? null,
  };
}

const SAMPLES: Readonly<Record<string, number>> = {
  p50_us: 20,
  p75_us: 40,
  p90_us: 100,
  p95_us: 200,
  p99_us: 1_000,
  p99_9_us: 10_000,
};

/** Shares (errors, drops) are judged on at least this many executions. */
const SAMPLES_FOR_SHARES = 200;

function samplesNeeded(subject: Subject): number {
  return subject.kind === 'latency' ? (SAMPLES[subject.field] ?? SAMPLES_FOR_SHARES) : SAMPLES_FOR_SHARES;
}

const EXIT_CODES: Readonly<Record<SearchResult['state'], number>> = {
  found: 0,
  below: 99,
  generator: 97,
  void: 98,
  interrupted: 96,
};

function searchReport(
  { goals, scenario, seed, target }: SearchRunOptions,
  result: SearchResult,
  hintPerSecond: number,
  probe: RunReport,
  endedWallMs: number,
): SearchReport {
  const { confirmedPerSecond, failingPerSecond, reason, state } = result;
  const hasBoth = confirmedPerSecond !== null && failingPerSecond !== null;
  return {
    schema: 'enclave.bench/1',
    kind: 'search',
    complete: state !== 'interrupted',
    exit_code: EXIT_CODES[state],
    ended_at: new Date(endedWallMs).toISOString(),
    scenario: { name: scenario.name, purpose: scenario.purpose, hash: scenario.hash, seed },
    target,
    search: {
      slo: goals,
      state,
      confirmed_per_s: confirmedPerSecond,
      failing_per_s: failingPerSecond,
      width_ratio: hasBoth ? (failingPerSecond - confirmedPerSecond) / failingPerSecond : null,
      reason,
      hint_per_s: hintPerSecond,
      trials: result.trials.map(trialFacts),
    },
    env: probe.env,
  };
}

export function trialFacts(trial: Trial): SearchReport['search']['trials'][number] {
  return {
    stage: trial.stage,
    rate_per_s: trial.ratePerSecond,
    duration_s: trial.durationMs / 1_000,
    seed: trial.seed,
    state: trial.state,
    reason: trial.reason,
    done_per_s: trial.measured?.donePerSecond ?? null,
    in_flight_mean_n: trial.measured?.inFlightMean ?? null,
    p50_us: trial.measured?.p50Us ?? null,
    p99_us: trial.measured?.p99Us ?? null,
    ...(trial.recoveryMs === undefined ? {} : { recovery_s: toSeconds(trial.recoveryMs) }),
  };
}

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
