// A scaling sweep as text: a table of levels, the fitted law below it.

import { formatCount, formatRate } from '../units.ts';
import { lastLine } from './last-line.ts';
import { formatMs } from './latency-rows.ts';
import { scalingLaw } from './scaling-law.ts';
import type { SweepPoint, SweepReport } from './sweep-report.ts';

/** One line a level. */
export function formatSweepPoint(axis: SweepReport['axis'], point: SweepPoint): string {
  const ms = (us: number | null): string => (us === null ? '–' : formatMs(us)).padStart(9);
  const done = point.done_per_s === null ? '–' : formatRate(point.done_per_s);
  const little = point.little_n === null ? '–' : formatCount(point.little_n, 1);
  const note = point.reason === '' ? '' : `  ! ${point.reason}`;
  const level = `${axis} ${formatCount(point.level_n)}`.padEnd(18);
  const flight = `${formatCount(point.concurrency_n)} (${little})`.padStart(14);
  return `  ${level}${done.padStart(12)}  p50${ms(point.p50_us)}  p99${ms(point.p99_us)} ms  in flight${flight}${note}`;
}

/** The levels, and what the planner's fit says of them. */
export function formatSweep(report: SweepReport, path?: string): string {
  const lines = [
    `enclave bench · ${report.scenario.name} over ${report.axis} · ${report.target.driver} · closed loop`,
    ...report.sweep.map((point) => formatSweepPoint(report.axis, point)),
    '  in flight: asked for, and in brackets throughput x mean response time (by Little the same)',
    `  ${scalingLaw(report).text}`,
    lastLine(report.exit_code, path),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}
