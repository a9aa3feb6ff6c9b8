// The rows that every latency table has, in one order, and how milliseconds are written.
import { formatDuration } from '../units.ts';
import { LATENCY_METRICS, type LatencyMetric, type LatencySummary, type RunReport } from './run-report.ts';

export interface LatencyRow {
  readonly label: string;
  readonly summary: LatencySummary;
  /** True for a part of the executions (one script, one tenant), false for a metric of all of them. */
  readonly isScope: boolean;
}

/** Metrics first, then scripts and tenants where there are several of them. Empty distributions are left out. */
export function tableRows(report: RunReport): LatencyRow[] {
  const metrics = LATENCY_METRICS.flatMap((metric) => {
    const summary = report.latency.find(
      (entry) => entry.metric === metric && entry.scope === 'all' && entry.n > 0,
    );
    return summary === undefined ? [] : [{ label: LABELS[metric], summary, isScope: false }];
  });
  return [...metrics, ...scopeRows(report, 'script'), ...scopeRows(report, 'tenant')];
}

const LABELS: Readonly<Record<LatencyMetric, string>> = {
  response: 'response',
  service: 'service',
  first: 'first event',
  gap: 'line gap',
  connection: 'connection',
  queue: 'queue',
  tool: 'tools',
  call: 'tool call',
  late: 'late',
};

/** Tenants may be hundreds: the slowest few are what fairness is about. */
const MAX_SCOPE_ROWS = 8;

function scopeRows(report: RunReport, kind: 'script' | 'tenant'): LatencyRow[] {
  const all = report.latency.filter(
    ({ metric, scope }) => metric === 'response' && scope.startsWith(`${kind}:`),
  );
  if (all.length < 2) return [];
  const worstOf = ({ max_us, p99_us }: LatencySummary): number => p99_us ?? max_us ?? 0;
  const shown =
    all.length <= MAX_SCOPE_ROWS
      ? all
      : all.toSorted((a, b) => worstOf(b) - worstOf(a)).slice(0, MAX_SCOPE_ROWS);
  return shown
    .filter(({ n }) => n > 0)
    .map((summary) => ({ label: `· ${summary.scope.slice(kind.length + 1)}`, summary, isScope: true }));
}

/** Milliseconds with as many decimals as the size deserves, two at most. */
export function formatMs(us: number): string {
  const ms = us / 1_000;
  const digits = ms < 10 ? 2 : ms < 1_000 ? 1 : 0;
  return ms.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** With its unit, for axes. */
export function microseconds(us: number): string {
  return formatDuration(us / 1_000);
}
