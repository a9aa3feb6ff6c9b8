// Two sets of runs, compared, as the report that is saved and shown.
import { EnclaveError } from '../errors.ts';
import type { ComparedRow, ComparedSide, CompareReport, NeighbourFacts } from '../report/compare-report.ts';
import { loadText } from '../report/run-model.ts';
import type { RunReport } from '../report/run-report.ts';
import { type ComparedMetric, type CompareOptions, compareRuns, TOLERANCE } from './compare.ts';

const THRESHOLD_FAILED = 99;

export interface CompareReportOptions extends CompareOptions {
  /** A metric that is worse makes the exit code 99. */
  readonly failsOnWorse: boolean;
  /** With `about: 'others'`: the tenants that only B has. */
  readonly hostile?: readonly string[];
}

/** @throws EnclaveError UNSUITABLE_REPORT when the runs cannot be compared, INVALID_INPUT when a side is empty */
export function buildCompareReport(
  a: readonly RunReport[],
  b: readonly RunReport[],
  options: CompareReportOptions,
): CompareReport {
  const rows = compareRuns(a, b, options).map(rowOf);
  const [firstA] = a;
  const [firstB] = b;
  if (firstA === undefined || firstB === undefined)
    throw new EnclaveError('INVALID_INPUT', 'expected runs on both sides');
  const isWorse = rows.some(({ verdict }) => verdict === 'worse');
  return {
    schema: 'enclave.bench/1',
    kind: 'compare',
    complete: true,
    exit_code: isWorse && options.failsOnWorse ? THRESHOLD_FAILED : 0,
    ended_at: [...a, ...b].map(({ timing }) => timing.ended_at).reduce((x, y) => (x > y ? x : y)),
    a: sideOf(firstA, a.length),
    b: sideOf(firstB, b.length),
    tolerance_ratio: options.toleranceRatio ?? TOLERANCE,
    rows,
    ...(options.hostile === undefined ? {} : { neighbours: neighbourFacts(options.hostile, b) }),
    env: firstB.env,
  };
}

function neighbourFacts(hostile: readonly string[], runs: readonly RunReport[]): NeighbourFacts {
  const sum = (read: (report: RunReport) => number): number =>
    runs.reduce((total, run) => total + read(run), 0);
  return {
    hostile,
    expected_n: sum(({ counts }) => counts.expected_n),
    failed_n: sum(({ counts }) => Object.values(counts.failed).reduce((total, n) => total + n, 0)),
  };
}

function sideOf(report: RunReport, runs: number): ComparedSide {
  return { scenario: report.scenario.name, load: loadText(report), runs_n: runs };
}

function rowOf(row: ComparedMetric): ComparedRow {
  return {
    metric: row.metric,
    unit: row.unit,
    a_median: row.aMedian,
    b_median: row.bMedian,
    a: row.valuesA,
    b: row.valuesB,
    effect_ratio: row.effectRatio,
    low_ratio: row.lowRatio,
    high_ratio: row.highRatio,
    p_adjusted: row.pAdjusted,
    mde_ratio: Number.isFinite(row.detectableRatio) ? row.detectableRatio : null,
    verdict: row.verdict,
    equivalent: row.equivalent,
  };
}
