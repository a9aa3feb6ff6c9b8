// The self-test as text.

import { formatCount, formatRate } from '../units.ts';
import { lastLine } from './last-line.ts';
import type { SelfTestReport, SelfTestRow } from './self-test-report.ts';

export function formatSelfTestRow(row: SelfTestRow): string {
  const ms = (value: number | null): string => (value === null ? '–' : value.toFixed(2)).padStart(9);
  const sign = SELF_TEST_SIGNS[row.state];
  const notes = selfTestNotes(row);
  const note = notes === '' ? '' : `  (${notes})`;
  const metric = row.metric === undefined || row.metric === 'response' ? '' : `, ${row.metric}`;
  const law = `${row.law}${metric}, ${row.target}`.padEnd(30);
  return `  ${sign} ${law} p${formatCount(row.quantile * 100, 1).padEnd(4)} theory${ms(row.theory_ms)}  measured${ms(row.measured_ms)}  error${ms(row.error_ms)}  limit ${row.limit_ms.toFixed(2)} ms${note}`;
}

export const SELF_TEST_SIGNS: Readonly<Record<SelfTestRow['state'], string>> = {
  met: '✓',
  missed: '✗',
  disturbed: '?',
  unsupported: '?',
};

/** What there is to say beside the numbers. */
export function selfTestNotes({ invalid, is_repeated, state }: SelfTestRow): string {
  return [
    ...(state === 'disturbed' ? ['the machine stood still meanwhile'] : []),
    ...(state === 'unsupported' ? ['too few executions'] : []),
    ...(invalid === null ? [] : [`run invalid: ${invalid}`]),
    ...(is_repeated === true ? ['measured again'] : []),
  ].join('; ');
}

/** Of those that say nothing; empty when there are none. */
export function unjudgedText(rows: readonly SelfTestRow[]): string {
  const n = rows.filter(({ state }) => state === 'disturbed' || state === 'unsupported').length;
  return n === 0 ? '' : `; ${n} cannot be judged, because of the machine`;
}

export function formatSelfTest({ exit_code, generator, rows }: SelfTestReport, path?: string): string {
  const met = rows.filter(({ state }) => state === 'met').length;
  const us = (value: number | null): string =>
    value === null ? '–' : `${formatCount(value, value < 1 ? 3 : 1)} µs`;
  const ceiling = generator.ceiling_per_s === null ? '–' : formatRate(generator.ceiling_per_s);
  const lines = [
    'enclave bench · self-test: measured against theory on this machine',
    ...rows.map(formatSelfTestRow),
    `  generator: ceiling ${ceiling}, clock step ${us(generator.clock_step_us)}, late p50 ${us(generator.late_p50_us)}, p99 ${us(generator.late_p99_us)}`,
    `${met} of ${rows.length} within the limits${unjudgedText(rows)}`,
    lastLine(exit_code, path),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}
