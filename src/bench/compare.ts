// Comparison of two sets of runs. The unit of evidence is the run: requests within a run are not independent of one another.
import { drawUniform } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { RunReport } from '../report/run-report.ts';

export type Verdict = 'better' | 'worse' | 'cannot tell';

/** One metric over both sets. Effects are ratios: -0.2 is 20 % less in B. */
export interface ComparedMetric {
  readonly metric: string;
  readonly unit: string;
  readonly aMedian: number;
  readonly bMedian: number;
  /** The value of each run. */
  readonly valuesA: readonly number[];
  readonly valuesB: readonly number[];
  readonly effectRatio: number;
  /** 95 % bootstrap interval of the effect. */
  readonly lowRatio: number;
  readonly highRatio: number;
  /** Two-sided exact Mann-Whitney, Holm-adjusted over the metrics compared. */
  readonly pAdjusted: number;
  /** Least effect that so many runs find with a power of 0.8, as a ratio; Infinity from a single run. */
  readonly detectableRatio: number;
  readonly verdict: Verdict;
  /** The whole interval lies within the tolerance: only then is "no difference" said. */
  readonly equivalent: boolean;
}

export interface CompareOptions {
  /** Effects smaller than this do not matter, ratio. Default 0.03. */
  readonly toleranceRatio?: number;
  readonly seed?: number;
  /** Takes runs that declared themselves invalid. Default false. */
  readonly allowInvalid?: boolean;
  /** `others`: what the tenants beside a hostile one feel. Default `all`: what every caller does. */
  readonly about?: 'all' | 'others';
  /** The two sides may be different scenarios: the difference between them is what is asked for. Default false. */
  readonly allowOtherScenario?: boolean;
}

const MIN_RUNS = 4;
const RESAMPLES = 10_000;
const ALPHA = 0.05;
export const TOLERANCE = 0.03;

interface Metric {
  readonly name: string;
  readonly unit: string;
  /** Is more of it better? */
  readonly isGood: boolean;
  readonly read: (report: RunReport) => number | null;
}

/** Few, so that few runs can tell: every further metric asks more of each. */
const OTHERS: readonly Metric[] = [
  othersMetric("others' p99", 'p99_us'),
  othersMetric("others' p50", 'p50_us'),
];

const METRICS: readonly Metric[] = [
  latencyMetric('p50', 'p50_us'),
  latencyMetric('p95', 'p95_us'),
  latencyMetric('p99', 'p99_us'),
  { name: 'throughput', unit: '/s', isGood: true, read: (report) => report.rates.done_per_s },
];

/** A percentile among failed executions counts as the time-out: the runs in which the others fail tell most. */
function othersMetric(name: string, field: 'p50_us' | 'p99_us'): Metric {
  return {
    name,
    unit: 'us',
    isGood: false,
    read({ latency, target }) {
      const others = latency.find(({ metric, scope }) => metric === 'response' && scope === 'others');
      const isCensored = others?.not_given[field] === 'censored';
      return isCensored ? target.timeout_ms * 1_000 : (others?.[field] ?? null);
    },
  };
}

function latencyMetric(name: string, field: 'p50_us' | 'p95_us' | 'p99_us'): Metric {
  return {
    name,
    unit: 'us',
    isGood: false,
    read: ({ latency }) =>
      latency.find(({ metric, scope }) => metric === 'response' && scope === 'all')?.[field] ?? null,
  };
}

/**
 * Compares the runs of A with those of B, metric by metric. A metric that some run does not give is left out.
 *
 * `better` or `worse` needs all three: adjusted p below .05, an interval that excludes 0, an effect above the tolerance. With fewer
 * than 4 runs a side nothing is ever claimed: the least two-sided p of 3 against 3 is .10.
 *
 * @throws EnclaveError UNSUITABLE_REPORT when the runs are not of one scenario, load and kind of machine, or one is invalid
 */
export function compareRuns(
  a: readonly RunReport[],
  b: readonly RunReport[],
  options: CompareOptions = {},
): ComparedMetric[] {
  checkComparable([...a, ...b], options);
  const tolerance = options.toleranceRatio ?? TOLERANCE;
  const measured = (options.about === 'others' ? OTHERS : METRICS).flatMap((metric) => {
    const valuesA = a.map(metric.read).filter((value) => value !== null);
    const valuesB = b.map(metric.read).filter((value) => value !== null);
    return valuesA.length === a.length && valuesB.length === b.length ? [{ metric, valuesA, valuesB }] : [];
  });
  const adjusted = holm(measured.map(({ valuesA, valuesB }) => mannWhitneyP(valuesA, valuesB)));
  return measured.map(({ metric, valuesA, valuesB }, index) => {
    const [aMedian, bMedian] = [median(valuesA), median(valuesB)];
    const effectRatio = bMedian / aMedian - 1;
    const [lowRatio, highRatio] = bootstrapInterval(valuesA, valuesB, options.seed ?? 1);
    const pAdjusted = adjusted[index] ?? 1;
    const isClaim =
      Math.min(valuesA.length, valuesB.length) >= MIN_RUNS &&
      pAdjusted < ALPHA &&
      (lowRatio > 0 || highRatio < 0) &&
      Math.abs(effectRatio) > tolerance;
    const isBetter = effectRatio > 0 === metric.isGood;
    return {
      metric: metric.name,
      unit: metric.unit,
      aMedian,
      bMedian,
      valuesA,
      valuesB,
      effectRatio,
      lowRatio,
      highRatio,
      pAdjusted,
      detectableRatio: detectableEffect(valuesA, valuesB),
      verdict: isClaim ? (isBetter ? 'better' : 'worse') : 'cannot tell',
      equivalent: lowRatio > -tolerance && highRatio < tolerance,
    };
  });
}

function checkComparable(reports: readonly RunReport[], options: CompareOptions): void {
  const [first] = reports;
  if (first === undefined) throw new EnclaveError('INVALID_INPUT', 'expected runs to compare, got none');
  const facts: readonly (readonly [string, (report: RunReport) => unknown])[] = [
    ['scenario hash', ({ scenario }) => scenario.hash],
    ['load model', ({ scenario }) => scenario.model],
    ['set of tenants', ({ scenario }) => scenario.left_out?.join() ?? 'all'],
    ['rate', ({ scenario }) => scenario.rate_per_s],
    ['concurrency', ({ scenario }) => scenario.concurrency_n],
    ['compression', ({ scenario }) => scenario.compress_ratio ?? 1],
    ['CPU', ({ env }) => env.cpu_model],
    ['cores', ({ env }) => env.cores_n],
    ['Node major version', ({ env }) => env.node.split('.')[0]],
  ];
  for (const [name, read] of facts) {
    if (name === 'scenario hash' && options.allowOtherScenario === true) continue;
    if (name === 'set of tenants' && options.about === 'others') continue;
    const other = reports.find((report) => read(report) !== read(first));
    if (other === undefined) continue;
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `expected runs of one ${name}, got ${String(read(first))} and ${String(read(other))}`,
    );
  }
  const bad = reports.findIndex(
    (report) => !report.complete || (!report.validity.valid && options.allowInvalid !== true),
  );
  if (bad >= 0) {
    throw new EnclaveError(
      'UNSUITABLE_REPORT',
      `expected valid, complete runs, got one that is not (number ${bad + 1})`,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * Two-sided exact p of the Mann-Whitney test (Mann and Whitney 1947): share of the ways to divide the pooled values into groups
 * of these sizes whose U lies at least as far from its mean. Ties count half. Counted by dynamic programming over doubled ranks.
 */
export function mannWhitneyP(a: readonly number[], b: readonly number[]): number {
  const pooled = [...a, ...b].toSorted((x, y) => x - y);
  // Doubled mid-ranks are whole numbers, ties or not.
  const rank2 = (value: number): number => pooled.indexOf(value) + pooled.lastIndexOf(value) + 2;
  const observed = a.reduce((sum, value) => sum + rank2(value), 0);
  const mean = a.length * (pooled.length + 1);
  let ways: Map<number, number>[] = [new Map([[0, 1]])];
  for (const value of pooled) {
    const next = ways.map((sums) => new Map(sums));
    for (const [size, sums] of ways.entries()) {
      if (size === a.length) continue;
      const target = next[size + 1] ?? new Map<number, number>();
      for (const [sum, count] of sums) {
        target.set(sum + rank2(value), (target.get(sum + rank2(value)) ?? 0) + count);
      }
      next[size + 1] = target;
    }
    ways = next;
  }
  let extreme = 0;
  let total = 0;
  for (const [sum, count] of ways[a.length] ?? []) {
    total += count;
    if (Math.abs(sum - mean) >= Math.abs(observed - mean)) extreme += count;
  }
  return total === 0 ? 1 : extreme / total;
}

/** Holm's step-down adjustment (Holm 1979): the i-th smallest of m p-values times m - i + 1, never falling, at most 1. */
export function holm(p: readonly number[]): number[] {
  const order = p.map((value, index) => ({ value, index })).sort((x, y) => x.value - y.value);
  const adjusted = p.map(() => 1);
  let least = 0;
  for (const [position, { index, value }] of order.entries()) {
    least = Math.max(least, Math.min(1, value * (p.length - position)));
    adjusted[index] = least;
  }
  return adjusted;
}

/** 95 % percentile bootstrap of median(B) / median(A) - 1, whole runs resampled. */
export function bootstrapInterval(
  a: readonly number[],
  b: readonly number[],
  seed: number,
): [number, number] {
  let draw = 0;
  const resample = (values: readonly number[]): number[] =>
    values.map(() => values[Math.floor(drawUniform(seed, 7, draw++) * values.length)] ?? NaN);
  const effects = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) effects[i] = median(resample(b)) / median(resample(a)) - 1;
  effects.sort();
  return [effects[Math.floor(RESAMPLES * 0.025)] ?? NaN, effects[Math.ceil(RESAMPLES * 0.975) - 1] ?? NaN];
}

/** Quantiles of Student's t at .975 and .8 for 2n - 2 degrees of freedom, n from 2. */
const T_SUMS: Readonly<Record<number, number>> = {
  2: 4.303 + 1.061,
  3: 2.776 + 0.941,
  4: 2.447 + 0.906,
  5: 2.306 + 0.889,
  6: 2.228 + 0.879,
  7: 2.179 + 0.873,
  8: 2.145 + 0.868,
  9: 2.12 + 0.865,
  10: 2.101 + 0.862,
};

/** (t.975 + t.8) · CV · √(2/n) / √.955: Mann-Whitney has 95.5 % of the efficiency of the t-test on normal values. */
function detectableEffect(a: readonly number[], b: readonly number[]): number {
  const n = Math.min(a.length, b.length);
  if (n < 2) return Infinity;
  const cv = (variation(a) + variation(b)) / 2;
  return ((T_SUMS[Math.min(10, n)] ?? 2.8) * cv * Math.sqrt(2 / n)) / Math.sqrt(0.955);
}

function variation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / mean;
}
