// A comparison of runs as text, one line a metric.

import { formatCount } from '../units.ts';
import type { ComparedRow, CompareReport, NeighbourFacts } from './compare-report.ts';
import { lastLine } from './last-line.ts';
import { formatMs } from './latency-rows.ts';

/** One line a metric, then where the report lies. */
export function formatCompareReport(
  { a, b, exit_code, neighbours, rows }: CompareReport,
  path?: string,
): string {
  const lines = [
    ...(neighbours === undefined ? [] : [neighbourHead(b.scenario, neighbours, rows)]),
    ...rows.map((row) => formatComparison(row, a.runs_n, b.runs_n)),
    ...(neighbours === undefined ? [] : [endingsText(neighbours)]),
    lastLine(exit_code, path),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function neighbourHead(scenario: string, neighbours: NeighbourFacts, rows: readonly ComparedRow[]): string {
  const why = othersP99(rows) === undefined ? ' (a run has too few executions for a p99)' : '';
  return `${neighbourTitle(scenario, neighbours)}: ${neighbourVerdict(rows).toUpperCase()}${why}`;
}

function othersP99(rows: readonly ComparedRow[]): ComparedRow | undefined {
  return rows.find(({ metric }) => metric.endsWith('p99'));
}

export function neighbourTitle(scenario: string, { hostile }: NeighbourFacts): string {
  return `${scenario}: the others beside ${hostile.join(', ')}, against without`;
}

/** What the others feel of the hostile tenants, by their p99. */
export function neighbourVerdict(rows: readonly ComparedRow[]): 'felt' | 'not felt' | 'cannot tell' {
  const row = othersP99(rows);
  if (row === undefined) return 'cannot tell';
  if (row.verdict === 'worse') return 'felt';
  return row.verdict === 'better' || row.equivalent ? 'not felt' : 'cannot tell';
}

export function endingsText({ expected_n, failed_n }: NeighbourFacts): string {
  return `${formatCount(expected_n)} executions of the hostile ended as they should; ${formatCount(failed_n)} of all failed otherwise`;
}

function formatComparison(row: ComparedRow, runsA: number, runsB: number): string {
  const interval = `[${percentText(row.low_ratio)}, ${percentText(row.high_ratio)}]`;
  return `${row.metric.padEnd(11)} ${medianText(row, row.a_median)} -> ${medianText(row, row.b_median)}  ${percentText(row.effect_ratio)} ${interval}  ${row.verdict} (${certaintyText(row)}; ${runsA} against ${runsB} runs)`;
}

export function medianText({ unit }: Pick<ComparedRow, 'unit'>, value: number): string {
  return unit === 'us' ? `${formatMs(value)} ms` : `${formatCount(value, 1)}${unit}`;
}

export function percentText(ratio: number): string {
  return `${ratio > 0 ? '+' : ''}${formatCount(ratio * 100, 1)} %`;
}

/** What the verdict rests on, or what it would take to have one. */
export function certaintyText(row: ComparedRow): string {
  if (row.verdict !== 'cannot tell') return `p ${row.p_adjusted.toPrecision(2)}`;
  if (row.equivalent) return 'equivalent within the tolerance';
  if (row.mde_ratio === null) return 'a single run tells nothing';
  return `needs an effect of ${formatCount(row.mde_ratio * 100, 1)} % to be seen with so many runs`;
}
