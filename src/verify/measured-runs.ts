// Several runs of one load as one measurement: their histograms merged, their CPU per execution averaged by executions.
import { type Bin, measuredServiceTime, serviceQuantile } from '../planner/service-time.ts';
import { histogramBins } from '../report/histogram-bins.ts';
import type { RunReport } from '../report/run-report.ts';

export interface MeasuredRuns {
  /** Executions in the merged histogram. */
  readonly samples: number;
  /** Starts per second as they came about: arrivals are drawn. Mean over the runs. */
  readonly sentPerSecond: number;
  /** Completions per second, mean over the runs. */
  readonly donePerSecond: number;
  /** CPU of host and embedding processes per execution, s; null when a run does not tell. */
  readonly cpuPerExecutionS: number | null;
  /** Dispatch to end, ms. */
  readonly quantileMs: (p: number) => number;
  /** Why these runs are no measurement; empty when they are one. */
  readonly faults: readonly string[];
}

const MAX_FAILED_SHARE = 0.01;

/** @throws EnclaveError INVALID_INPUT for a histogram that cannot be read */
export function measuredRuns(reports: readonly RunReport[]): MeasuredRuns {
  const bins = merged(reports);
  const samples = bins.reduce((sum, { count }) => sum + count, 0);
  const service = samples > 0 ? measuredServiceTime(bins) : undefined;
  return {
    samples,
    sentPerSecond: mean(reports.map(({ rates }) => rates.sent_per_s)),
    donePerSecond: mean(reports.map(({ rates }) => rates.done_per_s ?? rates.sent_per_s)),
    cpuPerExecutionS: cpuOf(reports),
    quantileMs: (p) => (service === undefined ? Number.NaN : 1_000 * serviceQuantile(service, p)),
    faults: reports.flatMap((report, index) => faultsOf(report).map((fault) => `run ${index + 1}: ${fault}`)),
  };
}

/** The bins of one recorder have the same edges, so counts of equal edges add up exactly. */
function merged(reports: readonly RunReport[]): Bin[] {
  const byEdge = new Map<number, Bin>();
  for (const { latency } of reports) {
    const all = latency.find(({ metric, scope }) => metric === 'service' && scope === 'all');
    if (all === undefined) continue;
    for (const { count, fromUs, toUs } of histogramBins(all.hdr_v2)) {
      const before = byEdge.get(fromUs)?.count ?? 0;
      byEdge.set(fromUs, { fromS: fromUs / 1e6, toS: toUs / 1e6, count: before + count });
    }
  }
  return [...byEdge.values()].sort((a, b) => a.fromS - b.fromS);
}

function cpuOf(reports: readonly RunReport[]): number | null {
  let cpuUs = 0;
  let done = 0;
  for (const { cost, counts } of reports) {
    if (cost.host_cpu_mean_us === null || cost.embedding_cpu_mean_us === null) return null;
    cpuUs += counts.done_n * (cost.host_cpu_mean_us + cost.embedding_cpu_mean_us);
    done += counts.done_n;
  }
  return done === 0 ? null : cpuUs / done / 1e6;
}

function faultsOf({ complete, counts, validity }: RunReport): string[] {
  const { asked_n: asked, dropped_n: dropped, expected_n: expected, ok_n: ok, sent_n: sent } = counts;
  const lost = sent - ok - expected + dropped;
  const failed = validity.checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
  return [
    ...(complete ? [] : ['interrupted']),
    ...(validity.valid ? [] : [`declared itself invalid (${failed.join(', ')})`]),
    ...(asked > 0 && lost / asked > MAX_FAILED_SHARE
      ? [`${lost} of ${asked} executions failed, were dropped or abandoned; at most 1 % may`]
      : []),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
