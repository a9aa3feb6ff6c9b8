// What was foretold beside what was measured, as a table with verdicts.
import { formatCount, formatRate } from '../src/units.ts';

/** The issue asks for p99 within 10 % and capacity within 5 %. */
const TARGETS: Readonly<Record<string, number>> = { p99: 0.1, capacity: 0.05 };
/** With fewer rounds nothing is said of the spread. */
const MIN_ROUNDS = 3;

export interface Row {
  readonly load: string;
  readonly metric: string;
  /** Medians over the rounds. */
  readonly predicted: number;
  readonly measured: number;
  /** predicted / measured - 1. */
  readonly error: number;
  /** 95 % of what it is with the rounds drawn anew. */
  readonly interval: readonly [low: number, high: number];
  readonly rounds: number;
  /** Half of the measurements of the rounds are within this share of their median: no prediction can be better. */
  readonly repeats: number;
}

export function tableOf(rows: readonly Row[]): string {
  const lines = [
    '| load | number | predicted | measured | error | 95 % | repeats within | target |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const row of rows) {
    const { error, interval, load, measured, metric, predicted, repeats, rounds } = row;
    const target = TARGETS[metric];
    const cells = [
      load,
      metric,
      shown(metric, predicted),
      shown(metric, measured),
      percent(error),
      rounds < MIN_ROUNDS ? 'unknown' : interval.map(percent).join(' to '),
      `${formatCount(100 * repeats, 1)} %`,
      target === undefined ? '' : verdict(row, target),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** A median whose interval reaches into the target is not told apart from one that meets it. */
function verdict({ error, interval: [low, high], rounds }: Row, target: number): string {
  const words = `${Math.round(100 * target)} %: `;
  if (Math.abs(error) <= target) return `${words}met`;
  const mayMeet = low <= target && high >= -target && rounds >= MIN_ROUNDS;
  return mayMeet ? `${words}missed, within the noise` : `${words}**missed**`;
}

function shown(metric: string, value: number): string {
  if (metric.startsWith('capacity')) return formatRate(value);
  return metric === 'utilisation' ? `${formatCount(100 * value, 1)} %` : `${formatCount(value, 2)} ms`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? 'unknown' : `${share > 0 ? '+' : ''}${formatCount(100 * share, 1)} %`;
}
