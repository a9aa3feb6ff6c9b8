// Growth of a volume from its history: a rate per year, how sure it is, and whether a straight line would do better.
import { invalidInput, type Problem } from '../errors.ts';
import { studentQuantile } from './special.ts';

/** A volume on a day. */
export interface VolumePoint {
  /** ISO date, 2026-01-31. */
  readonly date: string;
  /** Executions per day, above 0. */
  readonly perDay: number;
}

export interface GrowthFit {
  /** 0.4: the volume grows by 40 % a year. */
  readonly perYear: number;
  /** 95 % interval of it. */
  readonly low: number;
  readonly high: number;
  readonly points: number;
  readonly years: number;
  /** Root mean square error / mean volume of the last fifth, foretold from the points before it. */
  readonly holdBackError: { readonly exponential: number; readonly linear: number };
}

const MIN_POINTS = 6;
const HELD_BACK = 0.2;
const MS_PER_YEAR = 365.25 * 86_400_000;
/** From less than this the error of a rate per year is larger than any rate. */
const MIN_YEARS = 0.15;

/**
 * Fits ln V = a + b t by least squares, t in years: growth e^b - 1, its interval from Student's t with n - 2 degrees of freedom.
 *
 * The last fifth of the points is also foretold from those before it, by this law and by a straight line: the error of both is told,
 * since a volume that grows in a line is overstated by a rate more with each year.
 *
 * @param points in any order
 * @throws EnclaveError INVALID_INPUT for fewer than 6 points, less than two months, dates or volumes that are none
 */
export function fitGrowth(points: readonly VolumePoint[]): GrowthFit {
  const problems: Problem[] = points.flatMap(({ date, perDay }, index): Problem[] =>
    isDate(date) && perDay > 0 && Number.isFinite(perDay)
      ? []
      : [
          {
            path: `value ${index + 1}`,
            message: `expected a date such as 2026-01-31 and a volume above 0, got ${JSON.stringify(`${date},${perDay}`)}`,
          },
        ],
  );
  if (points.length < MIN_POINTS)
    problems.push({ path: 'values', message: `expected at least ${MIN_POINTS}, got ${points.length}` });
  if (problems.length > 0) throw invalidInput('history', problems);
  const sorted = points
    .map(({ date, perDay }) => ({ t: Date.parse(date) / MS_PER_YEAR, v: perDay }))
    .sort((a, b) => a.t - b.t);
  const startT = sorted[0]?.t ?? 0;
  const years = (sorted.at(-1)?.t ?? 0) - startT;
  if (years < MIN_YEARS)
    throw invalidInput('history', [
      { path: 'values', message: `expected two months or more, got ${Math.round(365.25 * years)} days` },
    ]);
  const samples = sorted.map(({ t, v }) => ({ t: t - startT, v }));
  const line = fitLine(samples.map(({ t, v }) => ({ x: t, y: Math.log(v) })));
  const half = studentQuantile(0.975, samples.length - 2) * line.slopeError;
  return {
    perYear: Math.expm1(line.slope),
    low: Math.expm1(line.slope - half),
    high: Math.expm1(line.slope + half),
    points: samples.length,
    years,
    holdBackError: holdBack(samples),
  };
}

interface Sample {
  readonly t: number;
  readonly v: number;
}

function holdBack(samples: readonly Sample[]): GrowthFit['holdBackError'] {
  const kept = samples.length - Math.max(1, Math.round(HELD_BACK * samples.length));
  const [before, after] = [samples.slice(0, kept), samples.slice(kept)];
  const exponential = fitLine(before.map(({ t, v }) => ({ x: t, y: Math.log(v) })));
  const linear = fitLine(before.map(({ t, v }) => ({ x: t, y: v })));
  const mean = after.reduce((sum, { v }) => sum + v, 0) / after.length;
  const error = (foretold: (t: number) => number): number =>
    Math.sqrt(after.reduce((sum, { t, v }) => sum + (foretold(t) - v) ** 2, 0) / after.length) / mean;
  return {
    exponential: error((t) => Math.exp(exponential.at(t))),
    linear: error((t) => linear.at(t)),
  };
}

interface Line {
  readonly slope: number;
  readonly slopeError: number;
  readonly at: (x: number) => number;
}

/** Least squares; the standard error of the slope is s / sqrt(Sxx), s^2 = RSS / (n - 2). */
function fitLine(points: readonly { readonly x: number; readonly y: number }[]): Line {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const sxy = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const slope = sxx === 0 ? 0 : sxy / sxx;
  const at = (x: number): number => meanY + slope * (x - meanX);
  const rss = points.reduce((sum, { x, y }) => sum + (y - at(x)) ** 2, 0);
  return { slope, slopeError: Math.sqrt(rss / Math.max(1, n - 2) / sxx), at };
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
