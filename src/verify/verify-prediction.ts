// Predicted against measured: runs a load on this machine and sets what came out beside what the model said.
import { rateAt } from '../planner/cost-law.ts';
import type { QueueKind } from '../planner/queue-kind.ts';
import type { Workload } from '../planner/workload.ts';
import type { RunReport } from '../report/run-report.ts';
import { type MeasuredRuns, measuredRuns } from './measured-runs.ts';
import {
  PERCENTILES,
  type PredictedNumber,
  predictCapacity,
  predictMachine,
  supports,
} from './predict-machine.ts';

/** One number, foretold and found. */
export interface VerifiedNumber extends PredictedNumber {
  /** Null when the runs do not tell. */
  readonly measured: number | null;
  /** predicted / measured - 1. */
  readonly error: number | null;
  /** Within the band; null when there is nothing to compare. */
  readonly isInside: boolean | null;
}

/** A load for one run: arrivals at a rate, or as many executions in flight as saturate the machine. */
export type VerifyLoad = { readonly ratePerSecond: number } | { readonly concurrency: number };

export interface VerifyOptions {
  readonly workload: Workload;
  readonly queue: QueueKind;
  /** Cores of this machine. */
  readonly cores: number;
  readonly ratePerSecond: number;
  /** Runs at the rate, from 1; each with arrivals of its own. */
  readonly runs: number;
  /** Measure the capacity too: one more run, saturated. */
  readonly withCapacity: boolean;
  /** Makes one run and answers with its report. @param index from 0, over all runs */
  readonly run: (load: VerifyLoad, index: number) => Promise<RunReport>;
}

export interface VerifiedLoad {
  /** Starts per second as they came about. */
  readonly sentPerSecond: number;
  readonly numbers: readonly VerifiedNumber[];
  /** Executions measured at the rate. */
  readonly samples: number;
  /** Why the measurement does not count; empty when it does. */
  readonly faults: readonly string[];
  readonly isComplete: boolean;
}

const MIN_SAMPLES = 100;

/** Runs the load and compares. A run that was interrupted ends it: what is missing is then null. */
export async function verifyPrediction(options: VerifyOptions): Promise<VerifiedLoad> {
  const { cores, queue, ratePerSecond, run, runs, withCapacity, workload } = options;
  const reports: RunReport[] = [];
  for (let index = 0; index < runs && reports.every(isComplete); index++)
    reports.push(await run({ ratePerSecond }, index));
  const measured = measuredRuns(reports);
  // Foretold for the rate that came about: the arrivals are drawn, and their number scatters.
  const { samples, sentPerSecond } = measured;
  const predicted = predictMachine({ workload, cores, ratePerSecond: sentPerSecond, queue, samples });
  const numbers = predicted.map((number) => compare(number, measuredValue(number, measured, options)));
  const faults = [...measured.faults];
  if (samples < MIN_SAMPLES)
    faults.push(`${samples} executions measured, a verification needs ${MIN_SAMPLES}`);
  if (!withCapacity || !reports.every(isComplete))
    return { sentPerSecond, numbers, samples, faults, isComplete: reports.every(isComplete) };
  const saturated = await run({ concurrency: saturatingConcurrency(workload, cores) }, runs);
  const full = measuredRuns([saturated]);
  const capacity = predictCapacity({ workload, cores, samples: full.samples });
  return {
    sentPerSecond,
    numbers: [...numbers, compare(capacity, full.samples === 0 ? null : full.donePerSecond)],
    samples,
    faults: [...faults, ...full.faults.map((fault) => fault.replace(/^run 1/u, 'saturated run'))],
    isComplete: saturated.complete,
  };
}

/**
 * Executions in flight that keep every core busy. As many as the closed runs of the plan had, for the capacity depends on it a
 * little; without one, by Little's law capacity x time would do if nothing scattered; twice that,
 * and no fewer than 8 a core.
 */
function saturatingConcurrency(workload: Workload, cores: number): number {
  const { machine, saturation } = workload;
  if (saturation !== undefined)
    return Math.min(1_000, Math.max(1, Math.round((saturation.inFlight * cores) / machine.cores.value)));
  const capacity = cores * rateAt(workload.cost, 1);
  return Math.min(1_000, Math.max(8 * cores, Math.ceil(2 * capacity * workload.service.meanS)));
}

function measuredValue(
  { metric }: PredictedNumber,
  { cpuPerExecutionS, quantileMs, samples, sentPerSecond }: MeasuredRuns,
  { cores }: VerifyOptions,
): number | null {
  if (metric === 'utilisation')
    return cpuPerExecutionS === null ? null : (sentPerSecond * cpuPerExecutionS) / cores;
  const p = PERCENTILES.find(([name]) => name === metric)?.[1];
  return p === undefined || !supports(samples, p) ? null : quantileMs(p);
}

function compare(number: PredictedNumber, measured: number | null): VerifiedNumber {
  const { high, low, value } = number;
  if (measured === null) return { ...number, measured: null, error: null, isInside: null };
  return {
    ...number,
    measured,
    error: value === null || measured === 0 ? null : value / measured - 1,
    isInside: measured >= low && (high === null || measured <= high),
  };
}

function isComplete({ complete }: RunReport): boolean {
  return complete;
}
