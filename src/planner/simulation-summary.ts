// Means and percentiles of a simulated sequence with intervals that respect its autocorrelation: batch means.
// Source: A. M. Law, "Simulation Modeling and Analysis" (2015), section 9.5.3.
import type { Interval } from './fit-usl.ts';
import { studentQuantile } from './special.ts';

export interface Estimate extends Interval {
  readonly value: number;
}

export interface SampleSummary {
  readonly count: number;
  /** Seconds, with a 95 % interval. */
  readonly mean: Estimate;
  /** Share above 0. */
  readonly positive: Estimate;
  readonly p50: Estimate;
  readonly p95: Estimate;
  readonly p99: Estimate;
}

const BATCHES = 10;

/**
 * Summary of the values from `skipped` on, in their order; holes (executions lost on the way) are left out.
 * Intervals: Student's t over the values of 10 consecutive batches, 9 degrees of freedom.
 */
export function summarise(values: readonly (number | undefined)[], skipped: number): SampleSummary {
  const kept = Float64Array.from(values.slice(skipped).filter((value) => value !== undefined));
  const size = Math.floor(kept.length / BATCHES);
  const batches = Array.from({ length: size === 0 ? 0 : BATCHES }, (_, i) =>
    kept.slice(i * size, i === BATCHES - 1 ? kept.length : (i + 1) * size),
  );
  const statistics = batches.map((batch) => ({ mean: meanOf(batch), positive: positiveOf(batch) }));
  const whole = kept.slice().sort();
  for (const batch of batches) batch.sort();
  const estimate = (value: number, parts: readonly number[]): Estimate => {
    const half = halfWidth(parts);
    return { value, low: value - half, high: value + half };
  };
  const quantile = (p: number) =>
    estimate(
      quantileOf(whole, p),
      batches.map((batch) => quantileOf(batch, p)),
    );
  return {
    count: kept.length,
    mean: estimate(
      meanOf(kept),
      statistics.map(({ mean }) => mean),
    ),
    positive: estimate(
      positiveOf(kept),
      statistics.map(({ positive }) => positive),
    ),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? Number.NaN : sum / values.length;
}

function positiveOf(values: Float64Array): number {
  let count = 0;
  for (const value of values) if (value > 0) count++;
  return values.length === 0 ? Number.NaN : count / values.length;
}

/** The least value that at least a share p of the sorted values does not exceed. */
function quantileOf(sorted: Float64Array, p: number): number {
  return sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)] ?? Number.NaN;
}

function halfWidth(parts: readonly number[]): number {
  if (parts.length < 2) return Infinity;
  const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
  const variance = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / (parts.length - 1);
  return studentQuantile(0.975, parts.length - 1) * Math.sqrt(variance / parts.length);
}
