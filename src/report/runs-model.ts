// Several runs side by side: one row a run, each against the first; throughput over concurrency when that differs.
import { formatCount, formatRate } from '../units.ts';
import type { DescribeCheck, TableModel } from './document-model.ts';
import { loadText, verdictOf } from './run-model.ts';
import type { RunReport } from './run-report.ts';
import { findLatency, latencyCell } from './run-tables.ts';

export interface NamedReport {
  /** How the run is called, usually its file. */
  readonly name: string;
  readonly report: RunReport;
}

export interface Dot {
  /** Number of the run, from 1. */
  readonly run: number;
  readonly value: number;
}

export interface RunsModel {
  readonly table: TableModel;
  /** One entry a metric that at least two runs have. */
  readonly metrics: readonly {
    readonly title: string;
    readonly unit: 'us' | '/s';
    readonly dots: readonly Dot[];
  }[];
  /** Ascending by concurrency; empty unless runs differ in it. */
  readonly scaling: readonly {
    readonly concurrency: number;
    readonly donePerSecond: number;
    readonly p99Us: number | null;
  }[];
  /** What must be known before the runs are compared. */
  readonly cautions: readonly string[];
}

export function runsModel(runs: readonly NamedReport[], describeCheck: DescribeCheck): RunsModel {
  return {
    table: {
      columns: [
        { title: 'run' },
        { title: 'load' },
        { title: 'verdict' },
        { title: 'p50 ms', isNumber: true },
        { title: 'p99 ms', isNumber: true },
        { title: 'p99 against run 1', isNumber: true, isOptional: true },
        { title: 'done', isNumber: true },
        { title: 'file', isOptional: true },
      ],
      rows: runs.map(({ name, report }, index) => [
        String(index + 1),
        `${report.scenario.name}, ${loadText(report)}`,
        verdictOf(report, describeCheck).word,
        shownLatency(report, 'p50_us'),
        shownLatency(report, 'p99_us'),
        index === 0 ? '' : difference(p99Of(runs[0]?.report), p99Of(report)),
        report.rates.done_per_s === null ? '–' : formatRate(report.rates.done_per_s),
        name,
      ]),
    },
    metrics: [
      metric('Response p50', 'us', runs, (report) => findLatency(report, 'response', 'all')?.p50_us ?? null),
      metric('Response p99', 'us', runs, (report) => p99Of(report)),
      metric('Throughput', '/s', runs, ({ rates }) => rates.done_per_s),
    ].filter(({ dots }) => dots.length > 1),
    scaling: scalingOf(runs),
    cautions: cautionsOf(runs),
  };
}

function shownLatency(report: RunReport, field: 'p50_us' | 'p99_us'): string {
  const summary = findLatency(report, 'response', 'all');
  return summary === undefined ? '–' : latencyCell(report, summary, field);
}

function p99Of(report: RunReport | undefined): number | null {
  return report === undefined ? null : (findLatency(report, 'response', 'all')?.p99_us ?? null);
}

function difference(first: number | null, other: number | null): string {
  if (first === null || other === null || first === 0) return '–';
  const percent = (other / first - 1) * 100;
  return `${percent >= 0 ? '+' : ''}${formatCount(percent, 1)} %`;
}

function metric(
  title: string,
  unit: 'us' | '/s',
  runs: readonly NamedReport[],
  read: (report: RunReport) => number | null,
): RunsModel['metrics'][number] {
  const dots = runs.flatMap(({ report }, index) => {
    const value = read(report);
    return value === null ? [] : [{ run: index + 1, value }];
  });
  return { title, unit, dots };
}

/** In the closed model concurrency is what was kept in flight; in the open model it is the mean that came about. */
function scalingOf(runs: readonly NamedReport[]): RunsModel['scaling'] {
  const points = runs.flatMap(({ report }) => {
    const { in_flight_mean_n, done_per_s } = report.rates;
    const concurrency = report.scenario.concurrency_n ?? in_flight_mean_n;
    return done_per_s === null ? [] : [{ concurrency, donePerSecond: done_per_s, p99Us: p99Of(report) }];
  });
  const loads = new Set(
    runs.map(({ report }) => `${report.scenario.rate_per_s} ${report.scenario.concurrency_n}`),
  );
  const models = new Set(runs.map(({ report }) => report.scenario.model));
  const names = new Set(runs.map(({ report }) => report.scenario.hash));
  if (loads.size < 2 || models.size > 1 || names.size > 1) return [];
  return points.toSorted((a, b) => a.concurrency - b.concurrency);
}

function cautionsOf(runs: readonly NamedReport[]): string[] {
  const differs = (read: (report: RunReport) => unknown): boolean =>
    new Set(runs.map(({ report }) => read(report))).size > 1;
  const invalid = runs.flatMap(({ report }, index) =>
    report.validity.valid && report.complete ? [] : [String(index + 1)],
  );
  return [
    ...(invalid.length > 0 ? [`Not valid or not complete: run ${invalid.join(', ')}.`] : []),
    ...(differs(({ scenario }) => scenario.hash) ? ['The runs are of different scenarios.'] : []),
    ...(differs(({ scenario }) => scenario.model)
      ? ['Open and closed loops are not to be compared in latency.']
      : []),
    ...(differs(({ env }) => `${env.cpu_model} ${env.cores_n}`)
      ? ['The runs were made on different machines.']
      : []),
    'A difference of single runs is no verdict: enclave compare tells better from worse, from four runs a side.',
  ];
}
