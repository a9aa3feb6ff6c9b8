// Finds the warm-up of a phase from its response times: what to cut from the front, and whether the rest has settled.
import { BATCH, batchMeans, mannKendall, mserCut, senSlope } from './trend.ts';

/** Values that a trend is looked for in: every pair of them is compared. */
const MAX_VALUES = 300;

/** Longest warm-up that is ever cut, ms. */
export const MAX_CUT_MS = 30_000;
/** Batches, of a second each or longer, below which nothing can be said. */
const MIN_BATCHES = 10;
/** A shorter phase need not be looked at, ms. */
export const MIN_PHASE_MS: number = MIN_BATCHES * 1_000;
const ALPHA = 0.05;
/** A start that is not so much slower than the rest is left in: cutting costs executions that percentiles need. */
const MIN_EXCESS = 0.1;

export interface Warmup {
  /** Time to cut from the start of the phase, ms. */
  readonly cutMs: number;
  /** Of what is left. `unknown`: too short, or too few executions. */
  readonly trend: 'steady' | 'falling' | 'rising' | 'unknown';
  /** Change over what is left by the Theil-Sen slope / its median; null when unknown. */
  readonly changeRatio: number | null;
}

const NOTHING: Warmup = { cutMs: 0, trend: 'unknown', changeRatio: null };

/**
 * Cuts where MSER-5 is least, at most half of the phase and 30 s, then asks Mann-Kendall (alpha .05, two-sided) of the rest.
 * A warm-up is slow first: where what would be cut is not at least 10 % slower than what follows, nothing is. Latency that rises is
 * backlog or a leak, and stays.
 *
 * @param mediansUs - median response time of each window, in order; NaN where nothing was sent
 * @param windowMs - length of a window; five of them are one batch, the unit of the cut
 */
export function findWarmup(mediansUs: readonly number[], windowMs: number): Warmup {
  const means = batchMeans(mediansUs);
  if (means.length < MIN_BATCHES || means.some(Number.isNaN)) return NOTHING;
  const batchMs = windowMs * BATCH;
  const found = mserCut(means, Math.floor(MAX_CUT_MS / batchMs));
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const isCold = found > 0 && mean(means.slice(0, found)) > (1 + MIN_EXCESS) * mean(means.slice(found));
  const cut = isCold ? found : 0;
  const rest = condensed(means.slice(cut));
  const { p, s } = mannKendall(rest);
  const middle = rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)] ?? 0;
  return {
    cutMs: cut * batchMs,
    trend: p >= ALPHA ? 'steady' : s < 0 ? 'falling' : 'rising',
    changeRatio: middle === 0 ? 0 : (senSlope(rest) * (rest.length - 1)) / middle,
  };
}

/** At most {@link MAX_VALUES} means of neighbours, in order. */
function condensed(series: readonly number[]): readonly number[] {
  const size = Math.ceil(series.length / MAX_VALUES);
  if (size <= 1) return series;
  return Array.from({ length: Math.floor(series.length / size) }, (_, index) => {
    const part = series.slice(index * size, (index + 1) * size);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
