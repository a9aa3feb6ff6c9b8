// Fits the Universal Scalability Law to measured throughputs, with honest intervals and a peak only where data show one.
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import { type LeastSquaresFit, leastSquares, linearLeastSquares, type Residuals } from './least-squares.ts';
import { studentQuantile } from './special.ts';
import { type UslCoefficients, uslPeak, uslThroughput } from './usl.ts';

export interface LoadPoint {
  /** Concurrency or number of units, above 0. */
  readonly concurrency: number;
  /** Throughput, per second, above 0. */
  readonly throughput: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface UslFit extends UslCoefficients {
  /** 95 % intervals from Student's t; absent for a coefficient held at 0 by its bound. */
  readonly intervals: {
    readonly unitThroughput: Interval;
    readonly contention?: Interval;
    readonly coherency?: Interval;
  };
  /** Measured - fitted, in the order given. */
  readonly residuals: readonly number[];
  readonly rss: number;
  readonly degreesOfFreedom: number;
  /** Where throughput turns down; a reason instead when the data do not show it. */
  readonly peak:
    | { readonly identified: true; readonly concurrency: number; readonly throughput: number }
    | { readonly identified: false; readonly reason: string };
  /** Largest concurrency measured; predictions beyond twice that are guesses. */
  readonly measuredTo: number;
}

const MIN_LOADS = 6;
/** Throughput per unit may rise by so much through noise. */
const SUPERLINEAR_RATIO = 1.05;

/**
 * Least squares fit of gamma, sigma >= 0, kappa >= 0 by Levenberg and Marquardt, over the four choices of bounds that hold:
 * the feasible one with the smallest residual sum wins, and its intervals are those of the model so reduced.
 *
 * @param points at least 6 different loads.
 * @throws EnclaveError INVALID_INPUT for too few loads, values out of range, or throughput per unit that rises with load:
 * then the configuration changed between points, and no law of contention applies.
 */
export function fitUsl(points: readonly LoadPoint[]): UslFit {
  checkPoints(points);
  const fits = FREE_SETS.map((free) => fitFree(points, free)).filter((fit) => fit !== undefined);
  const best = fits.reduce<FreeFit | undefined>(
    (least, fit) => (least === undefined || fit.rss < least.rss ? fit : least),
    undefined,
  );
  if (best === undefined)
    throw new EnclaveError('INTERNAL', 'no bound of the scalability law could be fitted');
  return describe(points, best);
}

type Coefficient = 'contention' | 'coherency';
const FREE_SETS: readonly (readonly Coefficient[])[] = [
  ['contention', 'coherency'],
  ['contention'],
  ['coherency'],
  [],
];

interface FreeFit extends LeastSquaresFit {
  readonly free: readonly Coefficient[];
  readonly coefficients: UslCoefficients;
}

/** One fit with some coefficients free and the others 0; undefined when it leaves the range. */
function fitFree(points: readonly LoadPoint[], free: readonly Coefficient[]): FreeFit | undefined {
  const unpack = (parameters: readonly number[]): UslCoefficients => {
    const at = (name: Coefficient) => {
      const index = free.indexOf(name);
      return index < 0 ? 0 : (parameters[index + 1] ?? 0);
    };
    return { unitThroughput: parameters[0] ?? 0, contention: at('contention'), coherency: at('coherency') };
  };
  const fit = leastSquares(
    (parameters) => residualsOf(points, free, unpack(parameters)),
    startOf(points, free),
  );
  const coefficients = unpack(fit.parameters);
  const { unitThroughput, contention, coherency } = coefficients;
  const isFeasible = unitThroughput > 0 && contention >= 0 && contention < 1 && coherency >= 0;
  return isFeasible ? { ...fit, free, coefficients } : undefined;
}

/** N / X is linear in 1/gamma, sigma/gamma and kappa/gamma: a good start, though its errors are weighted wrongly. */
function startOf(points: readonly LoadPoint[], free: readonly Coefficient[]): number[] {
  const rows = points.map(({ concurrency: n }) => [
    1,
    ...free.map((name) => (name === 'contention' ? n - 1 : n * (n - 1))),
  ]);
  const solution = linearLeastSquares(
    rows,
    points.map(({ concurrency, throughput }) => concurrency / throughput),
  );
  const [inverse = 0, ...others] = solution ?? [];
  if (!(inverse > 0)) {
    const perUnit = points.map(({ concurrency, throughput }) => throughput / concurrency);
    return [Math.max(...perUnit), ...free.map(() => 0.01)];
  }
  return [1 / inverse, ...others.map((value) => Math.max(1e-9, value / inverse))];
}

/** Residuals and their derivatives: with D = 1 + sigma (N-1) + kappa N (N-1), dX/dgamma = N/D, dX/dsigma = -X (N-1)/D. */
function residualsOf(
  points: readonly LoadPoint[],
  free: readonly Coefficient[],
  { unitThroughput, contention, coherency }: UslCoefficients,
): Residuals {
  const rows = points.map(({ concurrency: n, throughput }) => {
    const divisor = 1 + contention * (n - 1) + coherency * n * (n - 1);
    const fitted = (unitThroughput * n) / divisor;
    const derivatives = {
      contention: (fitted * (n - 1)) / divisor,
      coherency: (fitted * n * (n - 1)) / divisor,
    };
    return {
      residual: throughput - fitted,
      jacobian: [-n / divisor, ...free.map((name) => derivatives[name])],
    };
  });
  return { residuals: rows.map(({ residual }) => residual), jacobian: rows.map(({ jacobian }) => jacobian) };
}

function describe(points: readonly LoadPoint[], { coefficients, covariance, free, rss }: FreeFit): UslFit {
  const degreesOfFreedom = points.length - 1 - free.length;
  const factor = studentQuantile(0.975, degreesOfFreedom) * Math.sqrt(rss / degreesOfFreedom);
  const interval = (value: number, index: number): Interval => {
    const half = factor * Math.sqrt(Math.max(0, covariance?.[index]?.[index] ?? Infinity));
    return { low: value - half, high: value + half };
  };
  const boundOf = (name: Coefficient) =>
    free.includes(name) ? interval(coefficients[name], free.indexOf(name) + 1) : undefined;
  const contention = boundOf('contention');
  const coherency = boundOf('coherency');
  return {
    ...coefficients,
    intervals: {
      unitThroughput: interval(coefficients.unitThroughput, 0),
      ...(contention === undefined ? {} : { contention }),
      ...(coherency === undefined ? {} : { coherency }),
    },
    residuals: points.map(
      ({ concurrency, throughput }) => throughput - uslThroughput(coefficients, concurrency),
    ),
    rss,
    degreesOfFreedom,
    peak: peakOf(coefficients, coherency),
    measuredTo: Math.max(...points.map(({ concurrency }) => concurrency)),
  };
}

function peakOf(coefficients: UslCoefficients, coherency: Interval | undefined): UslFit['peak'] {
  const peak = uslPeak(coefficients);
  if (peak === undefined)
    return { identified: false, reason: 'no coherency was found: throughput only levels off' };
  const low = coherency?.low ?? Number.NEGATIVE_INFINITY;
  if (low <= 0)
    return {
      identified: false,
      reason: `the 95 % interval of the coherency reaches 0 (${coefficients.coherency.toPrecision(3)}, from ${low.toPrecision(3)})`,
    };
  return { identified: true, ...peak };
}

function checkPoints(points: readonly LoadPoint[]): void {
  const problems: Problem[] = [];
  for (const [index, { concurrency, throughput }] of points.entries())
    if (!(concurrency > 0 && throughput > 0 && Number.isFinite(concurrency) && Number.isFinite(throughput)))
      problems.push({
        path: `points[${index}]`,
        message: `expected a concurrency and a throughput above 0, got ${concurrency} and ${throughput}`,
      });
  const loads = new Set(points.map(({ concurrency }) => concurrency)).size;
  if (loads < MIN_LOADS)
    problems.push({
      path: 'points',
      message: `expected at least ${MIN_LOADS} different loads: three coefficients cannot be told from fewer, got ${loads}`,
    });
  if (problems.length > 0) throw invalidInput('fitUsl', problems);
  refuseSuperlinear(points);
}

function refuseSuperlinear(points: readonly LoadPoint[]): void {
  const sorted = points.toSorted((a, b) => a.concurrency - b.concurrency);
  const perUnit = ({ concurrency, throughput }: LoadPoint) => throughput / concurrency;
  const first = sorted[0];
  const best = sorted.reduce((most, point) => (perUnit(point) > perUnit(most) ? point : most));
  if (first === undefined || perUnit(best) <= SUPERLINEAR_RATIO * perUnit(first)) return;
  const message = `expected throughput per unit to fall with load, got ${perUnit(first)} at ${first.concurrency} and ${perUnit(best)} at ${best.concurrency}: the configuration changed between points`;
  throw invalidInput('fitUsl', [{ path: 'points', message }]);
}
