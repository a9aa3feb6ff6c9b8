// Fills in the run report from what a run left behind. All arithmetic of the report is here; nothing is printed.
import {
  type Counts,
  type Environment,
  type ExecutionCost,
  type LatencySummary,
  type Rates,
  RUN_REPORT_SCHEMA,
  type RunReport,
  type ScenarioFacts,
  type Stall,
  type ThresholdResult,
  type Validity,
  type WarmupFacts,
} from '../report/run-report.ts';
import type { BenchOptions } from './bench-options.ts';
import type { EngineResult } from './engine-types.ts';
import { warmupDurationMs } from './load-plan.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { WatchResult } from './run-watch.ts';
import type { LoadPlan } from './sample.ts';
import { judgeThreshold } from './thresholds.ts';
import { checkValidity } from './validity.ts';
import type { WarmupResult } from './warmup-hold.ts';

export interface RunFacts extends WatchResult {
  readonly env: Environment;
  readonly engine: EngineResult;
  readonly startWallMs: number;
  readonly endWallMs: number;
  readonly clockStepMs: number;
  /** Time of the same work before and after the run, ms. */
  readonly calibrationMs: readonly [before: number, after: number];
  readonly stalls: readonly Stall[];
  readonly stallsDroppedN: number;
}

export function buildReport(options: BenchOptions, recorder: RunRecorder, facts: RunFacts): RunReport {
  const { plan, target } = options;
  const { engine } = facts;
  const plannedN = recorder.warmupN;
  const warmup = recorder.settle(engine.issuedMs);
  const counts = recorder.counts();
  const latency = recorder.latency();
  const validity = validityOf(plan, counts, latency, facts, warmup);
  const measuredS = Math.max(0, engine.issuedMs - warmupDurationMs(plan) - (warmup?.cutMs ?? 0)) / 1_000;
  const rates = ratesOf(plan, counts, recorder, engine, measuredS);
  const judged = { latency, counts, rates };
  const thresholds = (options.thresholds ?? []).map((threshold) => judgeThreshold(threshold, judged));
  const warmupMs = warmupDurationMs(plan) + (warmup?.cutMs ?? 0);
  return {
    schema: RUN_REPORT_SCHEMA,
    kind: 'run',
    complete: engine.complete,
    exit_code: exitCodeOf(engine, validity, thresholds, options.allowNoise ?? false),
    validity,
    scenario: scenarioFacts(options),
    target: { ...target, max_in_flight_n: plan.maxInFlight, timeout_ms: plan.timeoutMs },
    timing: {
      started_at: new Date(facts.startWallMs).toISOString(),
      ended_at: new Date(facts.endWallMs).toISOString(),
      warmup_s: Math.min(warmupMs, engine.issuedMs) / 1_000,
      warmup_n: recorder.warmupN,
      measured_s: measuredS,
      drain_s: (engine.endedMs - engine.issuedMs) / 1_000,
      ...(warmup === undefined ? {} : { warmup: warmupFacts(warmup, recorder.warmupN - plannedN) }),
    },
    counts,
    rates,
    latency,
    cost: costOf(recorder, facts, options.embeddingCpuMs === null),
    hosts: facts.window?.hosts ?? [],
    series: recorder.series(engine.endedMs),
    tail: recorder.tail.tail(facts.stalls, facts.stallsDroppedN),
    thresholds,
    env: { ...facts.env, calibration_ms: facts.calibrationMs },
  };
}

function warmupFacts({ changeRatio, cold, cutMs, trend }: WarmupResult, cutN: number): WarmupFacts {
  return {
    cut_s: cutMs / 1_000,
    cut_n: cutN,
    method: trend === 'unknown' ? 'none' : 'MSER-5',
    trend,
    change_ratio: changeRatio,
    cold,
  };
}

function ratesOf(
  plan: LoadPlan,
  counts: Counts,
  recorder: RunRecorder,
  engine: EngineResult,
  seconds: number,
): Rates {
  const perSecond = (n: number): number => (seconds === 0 ? 0 : n / seconds);
  return {
    asked_per_s: plan.model === 'open' ? perSecond(counts.asked_n) : null,
    sent_per_s: perSecond(counts.sent_n),
    done_per_s: recorder.donePerSecond(),
    in_flight_mean_n: engine.endedMs === 0 ? 0 : engine.inFlightMs / engine.endedMs,
    in_flight_max_n: engine.inFlightMax,
    ...(engine.closedLoopUsers === null ? {} : { closed_loop_n: engine.closedLoopUsers }),
  };
}

function scenarioFacts({ plan, scenario }: BenchOptions): ScenarioFacts {
  const isOpen = plan.model === 'open';
  return {
    name: scenario.name,
    purpose: scenario.purpose,
    hash: scenario.hash,
    seed: plan.seed,
    model: plan.model,
    arrivals: isOpen ? plan.arrivals : null,
    rate_per_s: isOpen ? meanRate(plan) : null,
    concurrency_n: isOpen ? null : plan.concurrency,
    compress_ratio: plan.compress,
    shorten_ratio: plan.shorten,
    ...(plan.leavesOut === undefined ? {} : { left_out: plan.leavesOut }),
    phases: plan.phases.map((phase) => ({
      name: phase.name,
      from_per_s: phase.fromPerSecond,
      to_per_s: phase.toPerSecond,
      duration_s: Number.isFinite(phase.durationMs) ? phase.durationMs / 1_000 : null,
      measured: phase.measured,
    })),
  };
}

/** Mean intended rate over the measured phases, weighted by their lengths. */
function meanRate(plan: LoadPlan): number {
  const measured = plan.phases.filter((phase) => phase.measured);
  // A phase that ends by count has no length; there is then only one.
  const lengthOf = (durationMs: number): number => (Number.isFinite(durationMs) ? durationMs : 1);
  const total = measured.reduce((sum, phase) => sum + lengthOf(phase.durationMs), 0);
  const weighted = measured.map(
    (phase) => ((phase.fromPerSecond + phase.toPerSecond) / 2) * lengthOf(phase.durationMs),
  );
  return weighted.reduce((sum, value) => sum + value, 0) / total;
}

function costOf(
  recorder: RunRecorder,
  { embeddingCpuMs, ownCpuMs, spunMs, window }: RunFacts,
  isElsewhere: boolean,
): ExecutionCost {
  // Turning the event loop so as to be on time is the generator's own, whoever shares the process.
  const ownMs = ownCpuMs === null ? null : Math.max(0, ownCpuMs - spunMs);
  const each = (cpuMs: number | null): number | null =>
    cpuMs === null || window === null || window.completedN === 0 ? null : (cpuMs / window.completedN) * 1_000;
  return {
    ...recorder.cost(),
    host_cpu_mean_us: each(window?.cpuMs ?? null),
    embedding_cpu_mean_us: isElsewhere ? null : each(embeddingCpuMs ?? ownMs),
  };
}

function validityOf(
  plan: LoadPlan,
  counts: Counts,
  latency: readonly LatencySummary[],
  facts: RunFacts,
  warmup: WarmupResult | undefined,
): Validity {
  const find = (metric: LatencySummary['metric']): LatencySummary | undefined =>
    latency.find((entry) => entry.metric === metric && entry.scope === 'all');
  const late = find('late');
  const { engine } = facts;
  const machine = machineShares(facts);
  return checkValidity({
    model: plan.model,
    counts,
    lateP99Us: late?.p99_us ?? late?.p95_us ?? late?.p90_us ?? null,
    lateMaxUs: late?.max_us ?? null,
    serviceP50Us: find('service')?.p50_us ?? null,
    deliveredRatio:
      plan.model === 'closed' || !engine.complete || engine.issuedMs === 0
        ? null
        : Math.min(1, (engine.plannedIssueMs + SLACK_MS) / engine.issuedMs),
    loopBusyRatio: facts.loopBusyRatio,
    coreWaitRatio: facts.coreWaitRatio,
    collectingRatio: collectingRatio(facts),
    ...machine,
    trend: warmup?.trend ?? 'unknown',
    changeRatio: warmup?.changeRatio ?? null,
    clockStepMs: facts.clockStepMs,
    calibrationRatio: driftOf(facts.calibrationMs),
    load1Before: facts.env.load1_before,
    coresN: facts.env.cores_n,
  });
}

/** Collections of the process of the generator, whose stalls alone have no place. */
function collectingRatio({ engine, stalls }: RunFacts): number | null {
  const own = stalls.filter(({ kind, where }) => kind === 'gc' && where === undefined);
  const us = own.reduce((sum, { duration_us }) => sum + duration_us, 0);
  return engine.issuedMs === 0 ? null : us / 1_000 / engine.issuedMs;
}

/** How far the later of two times is from the earlier, either way; null when there is nothing to compare. */
function driftOf([before, after]: RunFacts['calibrationMs']): number | null {
  return before > 0 && after > 0 ? Math.max(before, after) / Math.min(before, after) - 1 : null;
}

/** The end of the issue is noticed a turn of the event loop after the last arrival. */
const SLACK_MS = 10;

function machineShares({ embeddingCpuMs, machineAfter, machineBefore, ownCpuMs, window }: RunFacts): {
  readonly stolenRatio: number | null;
  readonly otherCpuRatio: number | null;
  readonly throttledN: number | null;
  readonly governorChangedN: number | null;
} {
  const totalMs =
    machineAfter === null || machineBefore === null ? 0 : machineAfter.totalMs - machineBefore.totalMs;
  if (machineAfter === null || machineBefore === null || totalMs <= 0) {
    return { stolenRatio: null, otherCpuRatio: null, throttledN: null, governorChangedN: null };
  }
  const busyMs = machineAfter.busyMs - machineBefore.busyMs;
  const ours =
    window === null || window.cpuMs === null || ownCpuMs === null
      ? null
      : window.cpuMs + ownCpuMs + (embeddingCpuMs ?? 0);
  const { throttledN } = machineAfter;
  return {
    stolenRatio: (machineAfter.stolenMs - machineBefore.stolenMs) / totalMs,
    otherCpuRatio: ours === null ? null : Math.max(0, busyMs - ours) / totalMs,
    throttledN: throttledN === null ? null : throttledN - (machineBefore.throttledN ?? 0),
    governorChangedN:
      machineAfter.governor === null ? null : Number(machineAfter.governor !== machineBefore.governor),
  };
}

const INTERRUPTED = 96;
const GENERATOR_LIMITED = 97;
const INVALID = 98;
const THRESHOLD_FAILED = 99;

/** The first that applies, in the order of the table in docs/bench.md. Noise may be allowed; a run without a result may not. */
function exitCodeOf(
  { complete, isUnreachable }: EngineResult,
  validity: Validity,
  thresholds: readonly ThresholdResult[],
  allowNoise: boolean,
): number {
  if (isUnreachable) return INVALID;
  if (!complete) return INTERRUPTED;
  const hasNoSuccess = validity.checks.some((check) => check.id === 'no-success' && check.state === 'failed');
  if (hasNoSuccess || (!validity.valid && !allowNoise)) {
    return validity.generator_limited ? GENERATOR_LIMITED : INVALID;
  }
  if (thresholds.some(({ state }) => state === 'unsupported')) return INVALID;
  return thresholds.some(({ state }) => state === 'fail') ? THRESHOLD_FAILED : 0;
}
