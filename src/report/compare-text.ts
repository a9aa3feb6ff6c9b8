// A comparison of runs as text, one line a metric.

import { formatCount } from '../units.ts';
import type { ComparedRow, CompareReport } from './compare-report.ts';
import { lastLine } from './last-line.ts';
import { formatMs } from './latency-rows.ts';

/** One line a metric, then where the report lies. */
export function formatCompareReport({ a, b, exit_code, rows }: CompareReport, path?: string): string {
  const lines = [...rows.map((row) => formatComparison(row, a.runs_n, b.runs_n)), lastLine(exit_code, path)];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
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
