// The Universal Scalability Law: throughput that first grows with concurrency, then falls.
// Source: N. J. Gunther, "Guerrilla Capacity Planning" (2007), chapters 4 to 6.
import { checkNonNegative, checkPositive } from './domain.ts';

export interface UslCoefficients {
  /** gamma: throughput of one unit of concurrency, per second, above 0. */
  readonly unitThroughput: number;
  /** sigma: share of work that is serial, 0..1. */
  readonly contention: number;
  /** kappa: cost of keeping units in agreement, from 0. */
  readonly coherency: number;
}

/**
 * Throughput X(N) = gamma N / (1 + sigma (N - 1) + kappa N (N - 1)) at concurrency N, from 0.
 * sigma = kappa = 0: linear. kappa = 0: Amdahl, with the limit gamma / sigma.
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 */
export function uslThroughput(coefficients: UslCoefficients, concurrency: number): number {
  checkCoefficients('uslThroughput', coefficients);
  checkNonNegative('uslThroughput', 'concurrency', concurrency);
  const { unitThroughput, contention, coherency } = coefficients;
  const over = concurrency - 1;
  return (unitThroughput * concurrency) / (1 + contention * over + coherency * concurrency * over);
}

/**
 * The least concurrency N with X(N) = X: the true inverse, coherency included.
 *
 * The smaller root of kappa N^2 + (sigma - kappa - gamma / X) N + (1 - sigma) = 0. With b = gamma / X - sigma + kappa it is
 * written 2 (1 - sigma) / (b + sqrt(b^2 - 4 kappa (1 - sigma))), which loses no digits and holds at kappa = 0.
 *
 * @returns undefined when X is above the peak, or at kappa = 0 not below gamma / sigma: no concurrency reaches it. 0 for X = 0.
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 */
export function uslConcurrency(coefficients: UslCoefficients, throughput: number): number | undefined {
  checkCoefficients('uslConcurrency', coefficients);
  checkNonNegative('uslConcurrency', 'throughput', throughput);
  if (throughput === 0) return 0;
  const { unitThroughput, contention, coherency } = coefficients;
  const parallel = 1 - contention;
  const slope = unitThroughput / throughput - contention + coherency;
  const discriminant = slope * slope - 4 * coherency * parallel;
  // At the peak itself the discriminant is 0; rounding may leave it a hair below.
  const root = Math.sqrt(Math.abs(discriminant) <= 1e-12 * slope * slope ? 0 : discriminant);
  if (slope <= 0 || Number.isNaN(root)) return undefined;
  return (2 * parallel) / (slope + root);
}

/** Concurrency and throughput of the peak, sqrt((1 - sigma) / kappa); undefined at kappa = 0, where there is none. */
export function uslPeak(
  coefficients: UslCoefficients,
): { readonly concurrency: number; readonly throughput: number } | undefined {
  checkCoefficients('uslPeak', coefficients);
  if (coefficients.coherency === 0) return undefined;
  const concurrency = Math.sqrt((1 - coefficients.contention) / coefficients.coherency);
  return { concurrency, throughput: uslThroughput(coefficients, concurrency) };
}

function checkCoefficients(
  subject: string,
  { unitThroughput, contention, coherency }: UslCoefficients,
): void {
  checkPositive(subject, 'unitThroughput', unitThroughput);
  checkNonNegative(subject, 'contention', contention);
  checkPositive(subject, '1 - contention', 1 - contention);
  checkNonNegative(subject, 'coherency', coherency);
}
