// The checks by which a run declares itself invalid. A number that the machine spoilt is worse than none.
import type { Counts, Validity, ValidityCheck } from '../report/run-report.ts';

/** What the checks are made of. Ratios 0..1, times µs; null where it cannot be known. */
export interface ValidityFacts {
  readonly model: 'open' | 'closed';
  readonly counts: Counts;
  /** The highest supported percentile up to p99; null when there is none. */
  readonly lateP99Us: number | null;
  readonly lateMaxUs: number | null;
  readonly serviceP50Us: number | null;
  /** Intended length of the issue / its real length, at most 1; null in the closed model. */
  readonly deliveredRatio: number | null;
  readonly loopBusyRatio: number | null;
  /** Time in which the thread of the generator was ready to run and had no core / length of the issue. */
  readonly coreWaitRatio: number | null;
  /** Time of its garbage collections of at least 1 ms / length of the issue. */
  readonly collectingRatio: number | null;
  /** CPU stolen by the hypervisor / the whole machine. */
  readonly stolenRatio: number | null;
  /** CPU used by processes that are neither generator nor target / the whole machine. */
  readonly otherCpuRatio: number | null;
  /** Times the cgroup was throttled during the run. */
  readonly throttledN: number | null;
  /** Of the response times after the warm-up, in the first measured phase. */
  readonly trend: 'steady' | 'falling' | 'rising' | 'unknown';
  /** Their change over the phase / their middle; null when unknown. */
  readonly changeRatio: number | null;
  /** Wall clock against monotonic clock over the run, ms. */
  readonly clockStepMs: number;
  /** Change of the time that a fixed piece of work took, before and after the run. */
  readonly calibrationRatio: number | null;
  /** 1 when the CPU chose its frequency in another way after the run than before, else 0. */
  readonly governorChangedN: number | null;
  readonly load1Before: number | null;
  readonly coresN: number;
}

const MIN_LATE_US = 1_000;
const LATE_SHARE_OF_SERVICE = 0.1;
const MAX_PAUSE_US = 100_000;
const MIN_DELIVERED = 0.99;
const MAX_BUSY = 0.8;
const MAX_CORE_WAIT = 0.05;
const MAX_COLLECTING = 0.02;
const MAX_STOLEN = 0.05;
const MAX_OTHER = 0.05;
const MAX_CLOCK_STEP_MS = 50;
const MAX_DRIFT = 0.05;
const MAX_LOAD_PER_CORE = 0.5;
/** Change of response times over a phase that counts as steady, beyond what chance explains. */
const MAX_CHANGE = 0.1;
/** Checks that speak of the generator and of nothing else. */
const GENERATOR_CHECKS = new Set(['late-p99', 'late-max', 'delivered']);

/** Makes every check; the run is valid when none failed, generator-limited when only the generator's own did and it was busy. */
export function checkValidity(facts: ValidityFacts): Validity {
  const checks = [...generatorChecks(facts), ...machineChecks(facts), ...resultChecks(facts)];
  const failed = checks.filter((check) => check.state === 'failed');
  const isBusy = facts.loopBusyRatio !== null && facts.loopBusyRatio > MAX_BUSY;
  return {
    valid: failed.length === 0,
    generator_limited: failed.length > 0 && isBusy && failed.every((check) => GENERATOR_CHECKS.has(check.id)),
    checks,
  };
}

function generatorChecks(facts: ValidityFacts): ValidityCheck[] {
  const busy = atMost('loop-busy', facts.loopBusyRatio, MAX_BUSY, 'ratio');
  if (facts.model === 'closed') return [warnOnly(busy)];
  const lateLimit = Math.max(MIN_LATE_US, LATE_SHARE_OF_SERVICE * (facts.serviceP50Us ?? 0));
  return [
    atMost('late-p99', facts.lateP99Us, lateLimit, 'us'),
    atMost('late-max', facts.lateMaxUs, MAX_PAUSE_US, 'us'),
    atLeast('delivered', facts.deliveredRatio, MIN_DELIVERED, 'ratio'),
    // What follows does no harm while executions start on time; it explains the lag when there is one.
    warnOnly(busy),
    warnOnly(atMost('core-wait', facts.coreWaitRatio, MAX_CORE_WAIT, 'ratio')),
    warnOnly(atMost('collecting', facts.collectingRatio, MAX_COLLECTING, 'ratio')),
  ];
}

function machineChecks(facts: ValidityFacts): ValidityCheck[] {
  return [
    atMost('stolen-cpu', facts.stolenRatio, MAX_STOLEN, 'ratio'),
    atMost('other-cpu', facts.otherCpuRatio, MAX_OTHER, 'ratio'),
    atMost('throttled', facts.throttledN, 0, 'n'),
    atMost('calibration', facts.calibrationRatio, MAX_DRIFT, 'ratio'),
    atMost('governor', facts.governorChangedN, 0, 'n'),
    atMost('clock-step', Math.abs(facts.clockStepMs), MAX_CLOCK_STEP_MS, 'ms'),
    // What the machine did during the run is measured above; the load average of the minute before only warns.
    warnOnly(atMost('load-before', facts.load1Before, MAX_LOAD_PER_CORE * facts.coresN, 'n')),
  ];
}

function resultChecks({ changeRatio, counts, trend }: ValidityFacts): ValidityCheck[] {
  const succeeded = counts.ok_n + counts.expected_n;
  // Only a trend that is no chance counts as a change.
  const changeTo = (direction: 'falling' | 'rising'): number | null =>
    trend === 'unknown' || changeRatio === null ? null : trend === direction ? Math.abs(changeRatio) : 0;
  return [
    atMost('not-steady', changeTo('falling'), MAX_CHANGE, 'ratio'),
    // A result and not a fault: the target cannot bear the load, or leaks.
    warnOnly(atMost('rising', changeTo('rising'), MAX_CHANGE, 'ratio')),
    atLeast('no-success', succeeded, 1, 'n'),
  ];
}

function atMost(id: string, value: number | null, limit: number, unit: string): ValidityCheck {
  const state = value === null ? 'unknown' : value <= limit ? 'ok' : 'failed';
  return { id, value, limit, unit, state };
}

function atLeast(id: string, value: number | null, limit: number, unit: string): ValidityCheck {
  const state = value === null ? 'unknown' : value >= limit ? 'ok' : 'failed';
  return { id, value, limit, unit, state };
}

function warnOnly(check: ValidityCheck): ValidityCheck {
  return check.state === 'failed' ? { ...check, state: 'warned' } : check;
}

/** One sentence for a check that failed or warned. */
export function describeCheck({ id, value, limit, unit }: ValidityCheck): string {
  return `${CHECK_WORDS[id] ?? id}: ${formatValue(value, unit)}, limit ${formatValue(limit, unit)}`;
}

function formatValue(value: number | null, unit: string): string {
  if (value === null) return 'unknown';
  if (unit === 'us') return `${(value / 1_000).toLocaleString('en-US', { maximumFractionDigits: 2 })} ms`;
  if (unit === 'ratio') return `${(value * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
  const text = value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return unit === 'n' ? text : `${text} ${unit}`;
}

const CHECK_WORDS: Readonly<Record<string, string>> = {
  'late-p99': 'the generator sent late, p99',
  'late-max': 'the generator was paused, longest',
  'loop-busy': 'event loop of the generator busy',
  'core-wait': 'time in which the generator was ready and had no core',
  collecting: 'time of garbage collections of the generator',
  delivered: 'share of the asked load that was sent',
  'stolen-cpu': 'CPU stolen by the hypervisor',
  'other-cpu': 'CPU used by other processes',
  throttled: 'times the CPU quota was exhausted',
  'clock-step': 'wall clock moved against the monotonic clock',
  calibration: 'the CPU changed its speed, by a fixed piece of work before and after',
  governor: 'changes of the frequency governor',
  'load-before': 'load average before the start',
  'not-steady': 'response times still falling after the warm-up, over the phase',
  rising: 'response times rising over the phase (backlog or a leak)',
  'no-success': 'successful executions',
};
