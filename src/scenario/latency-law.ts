// Latency laws of simulated tools. A draw depends on the index of the execution and of the call, never on who finishes first.
import { drawUniform } from '../clock.ts';
import { assertNever } from '../errors.ts';
import type { LatencyLaw } from './scenario-types.ts';

/** Which counter-based stream a draw comes from: draws of one stream never shift those of another. */
export const STREAM = {
  arrivals: 1,
  script: 2,
  tenant: 3,
  toolLatency: 4,
  toolFailure: 5,
  traceOrder: 6,
} as const;

/** Calls of one execution that have draws of their own; limits.maxToolCalls is bounded by it. */
const CALLS_PER_EXECUTION = 65_536;

/** The index of call `callId` (from 1) of execution `executionIndex` (from 0) within a stream. */
export function callIndex(executionIndex: number, callId: number): number {
  return executionIndex * CALLS_PER_EXECUTION + (callId % CALLS_PER_EXECUTION);
}

/** Latency of one call in ms. `trace` holds the values of a trace law, in file order. */
export function drawLatencyMs(
  law: LatencyLaw,
  seed: number,
  index: number,
  trace: readonly number[] = [],
): number {
  const u = drawUniform(seed, STREAM.toolLatency, index);
  switch (law.kind) {
    case 'fixed':
      return law.ms;
    case 'uniform':
      return law.minMs + u * (law.maxMs - law.minMs);
    case 'lognormal':
      return Math.min(law.maxMs, lognormalQuantile(u, law.medianMs, law.p99Ms));
    case 'bimodal':
      return u < law.slowRatio ? law.slowMs : law.fastMs;
    case 'trace': {
      const at = law.order === 'sequential' ? index % trace.length : Math.floor(u * trace.length);
      return trace[at] ?? 0;
    }
    default:
      return assertNever(law);
  }
}

/** Standard normal quantile of 0.99. */
const Z_99 = 2.3263478740408408;

/**
 * Quantile function of the log-normal law given by its median and its 99th percentile:
 * x(u) = median · exp(σ · Φ⁻¹(u)), σ = ln(p99 / median) / Φ⁻¹(0.99).
 */
export function lognormalQuantile(u: number, median: number, p99: number): number {
  if (u <= 0) return 0;
  return median * Math.exp((Math.log(p99 / median) / Z_99) * normalQuantile(u));
}

/**
 * Φ⁻¹, the quantile function of the standard normal law, by the rational approximation of P. J. Acklam (2003),
 * relative error below 1.15e-9 on (0, 1). Answers ±Infinity at 0 and 1.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  if (p < TAIL) return tailQuantile(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - TAIL) return -tailQuantile(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1);
}

const TAIL = 0.02425;
const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

function tailQuantile(q: number): number {
  return polynomial(C, q) / (polynomial(D, q) * q + 1);
}

/** Horner's scheme, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
