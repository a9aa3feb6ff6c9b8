// Demand over a day or a week, hour by hour: read from CSV, then only its shape counts.
import type { Problem } from '../errors.ts';

/** 24 or 168 hourly values in any one unit, from hour 0 on; a week begins where the file begins. */
export interface Curve {
  readonly values: readonly number[];
  /** The file, in words. */
  readonly source: string;
}

export type ParsedCurve =
  | { readonly ok: true; readonly values: readonly number[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const DAY_HOURS = 24;
const WEEK_HOURS = 168;
const MAX_LENGTH = 1_000_000;
const MAX_PROBLEMS = 20;
/** Characters of a bad cell that are quoted. */
const MAX_SHOWN = 40;

/**
 * Reads a curve from CSV: one value a line, `hour,value` lines, or all values on one line; one heading line may come first.
 * Separators: comma, semicolon or tab. @returns every problem with its line.
 */
export function parseCurve(text: string): ParsedCurve {
  if (text.length > MAX_LENGTH)
    return refuse([{ path: 'file', message: `expected at most 1 MB, got ${text.length} characters` }]);
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, cells: line.split(/[,;\t]/).map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const [first] = lines;
  const rows = first !== undefined && lines.length > 1 && isHeading(first.cells) ? lines.slice(1) : lines;
  const problems: Problem[] = [];
  const [only] = rows;
  const cells =
    rows.length === 1 && only !== undefined
      ? only.cells.map((cell, index) => ({ path: `value ${index + 1}`, cell }))
      : rows.map(({ cells: row, number }, index) => {
          if (row.length > 2 || (row.length === 2 && Number(row[0]) % DAY_HOURS !== index % DAY_HOURS))
            problems.push({
              path: `line ${number}`,
              message: `expected one value, or hour ${index % DAY_HOURS} and a value, got ${JSON.stringify(row.join(',').slice(0, MAX_SHOWN))}`,
            });
          return { path: `line ${number}`, cell: row.at(-1) ?? '' };
        });
  const values = cells.map(({ cell, path }) => {
    const value = cell === '' ? Number.NaN : Number(cell);
    if (!Number.isFinite(value) || value < 0)
      problems.push({
        path,
        message: `expected a number of at least 0, got ${JSON.stringify(cell.slice(0, MAX_SHOWN))}`,
      });
    return value;
  });
  if (values.length !== DAY_HOURS && values.length !== WEEK_HOURS)
    problems.push({
      path: 'file',
      message: `expected 24 values (a day) or 168 (a week), got ${values.length}`,
    });
  if (problems.length > 0) return refuse(problems);
  if (Math.max(...values) === 0)
    return refuse([{ path: 'file', message: 'expected at least one value above 0, got zeros only' }]);
  return { ok: true, values };
}

/** Busiest hour / mean hour, 1 to 24 or 168. */
export function peakOf({ values }: Pick<Curve, 'values'>): number {
  return (Math.max(...values) * values.length) / values.reduce((sum, value) => sum + value, 0);
}

/** Share of its day's volume that the busiest hour takes. */
export function peakHourShare({ values }: Pick<Curve, 'values'>): number {
  const hour = values.indexOf(Math.max(...values));
  const day = Math.floor(hour / DAY_HOURS) * DAY_HOURS;
  const volume = values.slice(day, day + DAY_HOURS).reduce((sum, value) => sum + value, 0);
  return (values[hour] ?? 0) / volume;
}

/** Hour of the peak of an assumed curve. */
const ASSUMED_PEAK_HOUR = 14;
/** A peak in one hour of 24 cannot be higher than this, and nothing near it is a curve. */
const MAX_ASSUMED_PEAK = 20;

/**
 * A day with a given peak / mean when nobody knows it better: 1 + (m - 1) s up to m = 2, ((1 + s) / 2)^k above, s a sine with its
 * top in hour 14 and k such that the hourly values have that peak. @returns undefined above a peak of 20
 */
export function assumedCurve(peak: number): Curve | undefined {
  if (peak > MAX_ASSUMED_PEAK) return undefined;
  const sine = (hour: number) => Math.cos((2 * Math.PI * (hour - ASSUMED_PEAK_HOUR)) / DAY_HOURS);
  const values = (of: (hour: number) => number) => Array.from({ length: DAY_HOURS }, (_, hour) => of(hour));
  const source = 'assumed curve';
  if (peak <= 2) return { values: values((hour) => 1 + (peak - 1) * sine(hour)), source };
  const power = (k: number) => values((hour) => ((1 + sine(hour)) / 2) ** k);
  let [low, high] = [1, 1_000];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (peakOf({ values: power(middle) }) < peak) low = middle;
    else high = middle;
  }
  return { values: power(high), source };
}

/** Executions per second in each hour, so that their mean is `meanPerSecond`. */
export function hourlyRates({ values }: Pick<Curve, 'values'>, meanPerSecond: number): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => (value / mean) * meanPerSecond);
}

/**
 * The rate at a time: the hourly rates lie in the middle of their hours, and between two middles the rate moves in a line, so
 * that no hour begins with a step that no real day has. The curve repeats.
 */
export function rateAtTime(rates: readonly number[], atS: number): number {
  const hours = atS / 3_600 - 0.5;
  const before = Math.floor(hours);
  const rate = (hour: number) => rates[((hour % rates.length) + rates.length) % rates.length] ?? 0;
  return rate(before) + (hours - before) * (rate(before + 1) - rate(before));
}

function isHeading(cells: readonly string[]): boolean {
  return cells.every((cell) => cell !== '' && !/^[-+.\d]/.test(cell));
}

function refuse(problems: readonly Problem[]): ParsedCurve {
  const hidden = problems.length - MAX_PROBLEMS;
  const more = { path: 'file', message: `and ${hidden} more problems` };
  return { ok: false, problems: hidden > 0 ? [...problems.slice(0, MAX_PROBLEMS), more] : problems };
}
