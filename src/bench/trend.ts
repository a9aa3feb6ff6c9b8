// When a series has settled, and whether it still moves: MSER-5, the Mann-Kendall test, the Theil-Sen slope. Pure.
import { normalCdf } from '../planner/special.ts';

/** Observations that MSER-5 averages into one batch. */
export const BATCH = 5;

/** Means of consecutive batches of five; an incomplete last one is left out. NaN marks a missing observation. */
export function batchMeans(series: readonly number[]): number[] {
  const means: number[] = [];
  for (let from = 0; from + BATCH <= series.length; from += BATCH) {
    const known = series.slice(from, from + BATCH).filter((value) => !Number.isNaN(value));
    means.push(known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return means;
}

/**
 * Batches to cut from the front by the Marginal Standard Error Rule (White 1997; MSER-5: White, Cobb and Spratt 2000): the d that
 * makes z(d) = sum over i > d of (x(i) - mean of those)^2 / (n - d)^2 least, d from 0 to `most`. Of equals the least d.
 *
 * @param means - batch means, see {@link batchMeans}
 * @param most - at most half of them: towards the end z falls by chance
 */
export function mserCut(means: readonly number[], most: number): number {
  let best = 0;
  let least = Infinity;
  for (let cut = 0; cut <= Math.min(most, Math.floor(means.length / 2)); cut++) {
    const rest = means.slice(cut);
    const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
    const z = rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rest.length ** 2;
    if (z < least) [best, least] = [cut, z];
  }
  return best;
}

export interface MannKendall {
  /** Pairs that rise less pairs that fall. */
  readonly s: number;
  /** Standard normal score of S, corrected for continuity. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * The Mann-Kendall test for a monotonic trend (Mann 1945; Kendall 1975), normal approximation with the variance
 * (n (n - 1) (2 n + 5) - sum of t (t - 1) (2 t + 5) over groups of t equal values) / 18. Good from about 10 values on.
 */
export function mannKendall(series: readonly number[]): MannKendall {
  const n = series.length;
  let s = 0;
  for (const [index, value] of series.entries())
    for (const later of series.slice(index + 1)) s += Math.sign(later - value);
  const groups = new Map<number, number>();
  for (const value of series) groups.set(value, (groups.get(value) ?? 0) + 1);
  const term = (t: number): number => t * (t - 1) * (2 * t + 5);
  const ties = [...groups.values()].reduce((sum, t) => sum + term(t), 0);
  const variance = (term(n) - ties) / 18;
  const z = s === 0 || variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance);
  return { s, z, p: 2 * normalCdf(-Math.abs(z)) };
}

/** The Theil-Sen slope (Theil 1950; Sen 1968): the median of the slopes between all pairs, per step. 0 for fewer than two values. */
export function senSlope(series: readonly number[]): number {
  const slopes: number[] = [];
  for (const [index, value] of series.entries())
    for (const [step, later] of series.slice(index + 1).entries()) slopes.push((later - value) / (step + 1));
  if (slopes.length === 0) return 0;
  const sorted = Float64Array.from(slopes).sort();
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
