// A distribution as a percentile spectrum: latency over 1 / (1 - q), where the tail gets as much room as the middle.
import { histogramBins } from './histogram-bins.ts';
import type { LatencySummary } from './run-report.ts';

export interface Spectrum {
  readonly metric: LatencySummary['metric'];
  /** x = 1 / (1 - q), from 1 (the least value) to n (the greatest); value in µs. Ascending in both. */
  readonly points: readonly (readonly [x: number, us: number])[];
  /** Executions it ranks, failed ones included. */
  readonly n: number;
  /** Greatest x that at least ten samples lie beyond: n / 10. */
  readonly supportedTo: number;
  /** From here on the failed executions lie; n when none failed. */
  readonly censoredFrom: number;
}

const POINTS = 140;

/** The spectrum of one distribution; undefined when it holds nothing. */
export function spectrumOf({ censored_n, hdr_v2, metric }: LatencySummary): Spectrum | undefined {
  const bins = histogramBins(hdr_v2);
  const recorded = bins.reduce((sum, { count }) => sum + count, 0);
  if (recorded === 0) return undefined;
  const n = recorded + censored_n;
  const points: (readonly [number, number])[] = [];
  let bin = 0;
  let upTo = bins[0]?.count ?? 0;
  for (let i = 0; i < POINTS; i++) {
    const x = n ** (i / (POINTS - 1));
    const rank = Math.max(1, Math.ceil(n * (1 - 1 / x) - 1e-6));
    if (rank > recorded) break;
    while (rank > upTo) upTo += bins[++bin]?.count ?? Infinity;
    // A wide bin's middle errs at most 0.05 %.
    const { fromUs, toUs } = bins[bin] ?? { fromUs: 0, toUs: 0 };
    points.push([x, (fromUs + toUs - 1) / 2]);
  }
  return { metric, points, n, supportedTo: n / 10, censoredFrom: censored_n === 0 ? n : n / censored_n };
}
