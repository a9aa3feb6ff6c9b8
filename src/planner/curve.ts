// Demand over a day or a week, hour by hour: read from CSV, then only its shape counts.
import type { Problem } from '../errors.ts';

/** 24 or 168 hourly values in any one unit, from hour 0 on; a week begins where the file begins. */
export interface Curve {
  readonly values: readonly number[];
  /** The file, in words. */
  readonly source: string;
}

export type ParsedCurve =
  /** `changes`: hours that were filled in or averaged, in words; empty for a file of 24 or 168 plain hours. */
  | { readonly ok: true; readonly values: readonly number[]; readonly changes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const DAY_HOURS = 24;
const WEEK_HOURS = 168;
const MAX_LENGTH = 1_000_000;
const MAX_PROBLEMS = 20;
/** Characters of a bad cell that are quoted. */
const MAX_SHOWN = 40;

/**
 * Reads a curve from CSV: one value a line, `hour,value` lines, or all values on one line; one heading line may come first.
 * Separators: comma, semicolon or tab.
 *
 * Hours are local. Where clocks change a day has 23 or 25 of them: in `hour,value` lines one hour may be left out, and is taken as
 * the mean of its neighbours, and one may stand twice, and is averaged. Values without hours must be 24 or 168.
 *
 * @returns every problem with its line.
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
  const changes = new ClockChanges();
  const cells =
    rows.length === 1 && only !== undefined
      ? only.cells.map((cell, index) => ({ path: `value ${index + 1}`, cell }))
      : rows.map(({ cells: row, number }) => {
          const due = changes.due;
          if (row.length > 2 || !changes.follow(row.length === 2 ? Number(row[0]) : due))
            problems.push({
              path: `line ${number}`,
              message: `expected one value, or hour ${due} and a value, got ${JSON.stringify(row.join(',').slice(0, MAX_SHOWN))}`,
            });
          return { path: `line ${number}`, cell: row.at(-1) ?? '' };
        });
  const read = cells.map(({ cell, path }) => {
    const value = cell === '' ? Number.NaN : Number(cell);
    if (!Number.isFinite(value) || value < 0)
      problems.push({
        path,
        message: `expected a number of at least 0, got ${JSON.stringify(cell.slice(0, MAX_SHOWN))}`,
      });
    return value;
  });
  const values = changes.undo(read);
  if (values.length !== DAY_HOURS && values.length !== WEEK_HOURS)
    problems.push({
      path: 'file',
      message: `expected 24 values (a day) or 168 (a week)${CLOCK_HINTS[values.length] ?? ''}, got ${values.length}`,
    });
  if (problems.length > 0) return refuse(problems);
  if (Math.max(...values) === 0)
    return refuse([{ path: 'file', message: 'expected at least one value above 0, got zeros only' }]);
  return { ok: true, values, changes: changes.words };
}

/** Lengths that a change of clocks makes. */
const CLOCK_HINTS: Readonly<Record<number, string>> = Object.fromEntries(
  [23, 25, 167, 169].map((length) => [
    length,
    '; a day on which clocks change needs hour,value lines that tell which hour is missing or stands twice',
  ]),
);

/** Follows the hours of a file and remembers the one that is missing and the one that stands twice. */
class ClockChanges {
  #next = 0;
  #missing: number | undefined;
  #doubled: number | undefined;

  /** Hour of the day that comes next. */
  get due(): number {
    return this.#next % DAY_HOURS;
  }

  get words(): string[] {
    const hour = (index: number) => `hour ${index % DAY_HOURS}`;
    return [
      ...(this.#missing === undefined ? [] : [`${hour(this.#missing)} missing, taken as its neighbours`]),
      ...(this.#doubled === undefined ? [] : [`${hour(this.#doubled)} twice, averaged`]),
    ];
  }

  /** @returns false when this hour cannot come next */
  follow(label: number): boolean {
    const is = (index: number) =>
      Number.isInteger(label) && label % DAY_HOURS === (index + DAY_HOURS) % DAY_HOURS;
    if (is(this.#next - 1) && this.#next > 0 && this.#doubled === undefined) {
      this.#doubled = this.#next - 1;
      return true;
    }
    if (is(this.#next + 1) && this.#missing === undefined) {
      this.#missing = this.#next;
      this.#next += 2;
      return true;
    }
    const isDue = is(this.#next);
    this.#next++;
    return isDue;
  }

  /** The values as if clocks had stood still. */
  undo(values: readonly number[]): number[] {
    const hours = [...values];
    // In the order of the file: places count hours as they should be, so what came before must be mended already.
    const fill = (): void => {
      if (this.#missing === undefined) return;
      const after = hours[this.#missing] ?? hours[0] ?? 0;
      const before = hours[this.#missing - 1] ?? hours.at(-1) ?? 0;
      hours.splice(this.#missing, 0, (before + after) / 2);
    };
    const average = (): void => {
      if (this.#doubled === undefined) return;
      const [first = 0, second = 0] = hours.splice(this.#doubled, 2);
      hours.splice(this.#doubled, 0, (first + second) / 2);
    };
    const isMissingFirst = (this.#missing ?? 0) < (this.#doubled ?? 0);
    for (const mend of isMissingFirst ? [fill, average] : [average, fill]) mend();
    return hours;
  }
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
