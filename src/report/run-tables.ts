// The tables of a run: latency by metric, by script, tenant and phase; how executions ended.
import { formatCount } from '../units.ts';
import type { Column, NamedTable, TableModel } from './document-model.ts';
import { formatMs, tableRows } from './latency-rows.ts';
import type { LatencySummary, PercentileField, RunReport } from './run-report.ts';

export function findLatency(
  report: RunReport,
  metric: LatencySummary['metric'],
  scope: string,
): LatencySummary | undefined {
  return report.latency.find((entry) => entry.metric === metric && entry.scope === scope);
}

const PERCENTILE_COLUMNS: readonly (Column & { readonly field: PercentileField | 'max_us' })[] = [
  { title: 'p50', field: 'p50_us', isNumber: true },
  { title: 'p75', field: 'p75_us', isNumber: true, isOptional: true },
  { title: 'p90', field: 'p90_us', isNumber: true, isOptional: true },
  { title: 'p95', field: 'p95_us', isNumber: true, isOptional: true },
  { title: 'p99', field: 'p99_us', isNumber: true },
  { title: 'p99.9', field: 'p99_9_us', isNumber: true },
  { title: 'max', field: 'max_us', isNumber: true },
];

export function latencyTable(report: RunReport): TableModel {
  return percentileTable(
    report,
    'ms',
    tableRows(report).filter(({ isScope }) => !isScope),
  );
}

function percentileTable(
  report: RunReport,
  head: string,
  rows: readonly { readonly label: string; readonly summary: LatencySummary }[],
): TableModel {
  return {
    columns: [{ title: head }, ...PERCENTILE_COLUMNS, { title: 'n', isNumber: true, isOptional: true }],
    rows: rows.map(({ label, summary }) => [
      label,
      ...PERCENTILE_COLUMNS.map(({ field }) => latencyCell(report, summary, field)),
      formatCount(summary.n + (summary.scope === 'ok' ? 0 : summary.censored_n)),
    ]),
  };
}

/** Milliseconds; `>30s` among the failed, `–` without support, with a `?` in an invalid run. */
export function latencyCell(
  report: RunReport,
  summary: LatencySummary,
  field: PercentileField | 'max_us',
): string {
  const us = summary[field];
  if (us !== null) return `${report.validity.valid ? '' : '?'}${formatMs(us)}`;
  const reason = field === 'max_us' ? undefined : summary.not_given[field];
  return reason === 'censored' ? `>${formatCount(report.target.timeout_ms / 1_000)}s` : '–';
}

export function scopeTables(report: RunReport): NamedTable[] {
  return (['script', 'tenant', 'phase'] as const).flatMap((kind) => {
    const rows = report.latency
      .filter(({ metric, scope }) => metric === 'response' && scope.startsWith(`${kind}:`))
      .filter(({ censored_n, n }) => n + censored_n > 0)
      .map((summary) => ({ label: summary.scope.slice(kind.length + 1), summary }));
    if (rows.length < 2) return [];
    return [{ title: `Response by ${kind}`, table: percentileTable(report, 'ms', rows) }];
  });
}

export function errorTable({ counts }: RunReport): TableModel {
  const rows: (readonly [string, number])[] = [
    ...Object.entries(counts.failed).toSorted(([, a], [, b]) => b - a),
    ['abandoned: still open at the end of the drain', counts.abandoned_n],
    ['dropped: no free slot', counts.dropped_n],
    ['expected failures (declared by the script)', counts.expected_n],
  ];
  return {
    columns: [{ title: 'outcome' }, { title: 'n', isNumber: true }, { title: 'share', isNumber: true }],
    rows: rows
      .filter(([, n]) => n > 0)
      .map(([code, n]) => [
        code,
        formatCount(n),
        `${formatCount((n / Math.max(1, counts.asked_n)) * 100)} %`,
      ]),
  };
}
