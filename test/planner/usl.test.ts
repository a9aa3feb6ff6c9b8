import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitUsl, type LoadPoint } from '../../src/planner/fit-usl.ts';
import { normalCdf, normalQuantile, studentCdf, studentQuantile } from '../../src/planner/special.ts';
import { type UslCoefficients, uslConcurrency, uslPeak, uslThroughput } from '../../src/planner/usl.ts';
import { published, relativeError } from './published.ts';

const points = (name: string): LoadPoint[] => {
  const set = published.usl.find((entry) => entry.name === name);
  return (set?.N ?? []).map((concurrency, i) => ({ concurrency, throughput: set?.X[i] ?? 0 }));
};

const coefficients = (): fc.Arbitrary<UslCoefficients> =>
  fc.record({
    unitThroughput: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
    contention: fc.double({ min: 0, max: 0.9, noNaN: true }),
    coherency: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 0.1, noNaN: true })),
  });

describe('uslConcurrency()', () => {
  it('is the inverse of uslThroughput() below the peak, coherency included', () => {
    fc.assert(
      fc.property(coefficients(), fc.double({ min: 0.01, max: 0.999, noNaN: true }), (law, share) => {
        const reach = Math.min(1e4, uslPeak(law)?.concurrency ?? 1e4);
        const throughput = uslThroughput(law, 1 + share * Math.max(0, reach - 1));
        const found = uslConcurrency(law, throughput) ?? 0;
        expect(relativeError(uslThroughput(law, found), throughput)).toBeLessThan(1e-9);
        expect(found).toBeLessThanOrEqual(reach * (1 + 1e-6));
      }),
    );
  });

  it('reaches the peak and nothing above it', () => {
    const law = { unitThroughput: 995.6486, contention: 0.026_715_91, coherency: 0.000_769_094_5 };
    const peak = uslPeak(law);
    // Published: nMax 35 and xMax 12341, both cut to whole numbers.
    expect(Math.floor(peak?.concurrency ?? 0)).toBe(35);
    expect(Math.floor(uslThroughput(law, 35))).toBe(12_341);
    expect(uslConcurrency(law, peak?.throughput ?? 0)).toBeCloseTo(peak?.concurrency ?? 0, 3);
    expect(uslConcurrency(law, (peak?.throughput ?? 0) * 1.001)).toBeUndefined();
  });

  it('knows the limit of Amdahl where there is no coherency', () => {
    const law = { unitThroughput: 500, contention: 0.125, coherency: 0 };
    // gamma / sigma = 4,000; X(N) = 2,000 at N = (1 - sigma) / (gamma / X - sigma) = 0.875 / 0.125 = 7.
    expect(uslConcurrency(law, 2_000)).toBeCloseTo(7, 12);
    expect(uslConcurrency(law, 4_000)).toBeUndefined();
    expect(uslPeak(law)).toBeUndefined();
  });
});

describe('fitUsl()', () => {
  it('finds the published coefficients of the cisco data', () => {
    const fit = fitUsl(points('cisco'));
    expect(relativeError(fit.contention, 0.026_715_91)).toBeLessThan(1e-5);
    expect(relativeError(fit.coherency, 0.000_769_094_5)).toBeLessThan(1e-5);
    expect(relativeError(fit.unitThroughput, 995.6486)).toBeLessThan(1e-5);
    expect(fit.peak).toMatchObject({ identified: true });
  });

  it('finds the coefficients and standard errors that R prints for specsdm91', () => {
    const fit = fitUsl(points('specsdm91'));
    expect(Number(fit.contention.toPrecision(4))).toBe(0.027_73);
    expect(Number(fit.coherency.toPrecision(4))).toBe(0.000_104_4);
    expect(Number(fit.unitThroughput.toPrecision(3))).toBe(90);
    expect(Number(Math.sqrt(fit.rss / fit.degreesOfFreedom).toPrecision(4))).toBe(82.85);
    expect(fit.degreesOfFreedom).toBe(4);
    // Half width = t(0.975, 4) x standard error; the errors are printed to 4 digits.
    const error = ({ high, low } = { high: 0, low: 0 }) => (high - low) / 2 / studentQuantile(0.975, 4);
    expect(relativeError(error(fit.intervals.contention), 0.009_122)).toBeLessThan(1e-3);
    expect(relativeError(error(fit.intervals.coherency), 1.988e-5)).toBeLessThan(1e-3);
    expect(relativeError(error(fit.intervals.unitThroughput), 14.21)).toBeLessThan(1e-3);
    expect(fit.peak).toMatchObject({ identified: true });
    expect(fit.peak.identified && fit.peak.concurrency).toBeCloseTo(96.519_56, 3);
  });

  it('names no peak when the interval of the coherency reaches 0: the first ten cisco points', () => {
    const fit = fitUsl(points('cisco').slice(0, 10));
    expect(fit.coherency).toBeCloseTo(4.47e-4, 6);
    expect(fit.peak).toMatchObject({ identified: false });
  });

  it('finds exact coefficients again, also on the bounds', () => {
    for (const law of [
      { unitThroughput: 500, contention: 0.1, coherency: 0.002 },
      { unitThroughput: 500, contention: 0.1, coherency: 0 },
      { unitThroughput: 500, contention: 0, coherency: 0.001 },
      { unitThroughput: 500, contention: 0, coherency: 0 },
    ]) {
      const fit = fitUsl(
        [1, 2, 4, 8, 16, 32, 48].map((n) => ({ concurrency: n, throughput: uslThroughput(law, n) })),
      );
      expect(relativeError(fit.unitThroughput, law.unitThroughput)).toBeLessThan(1e-6);
      expect(Math.abs(fit.contention - law.contention)).toBeLessThan(1e-6);
      expect(Math.abs(fit.coherency - law.coherency)).toBeLessThan(1e-7);
    }
  });

  it('never leaves the range of the coefficients, whatever the noise', () => {
    const noise = fc.array(fc.double({ min: 0.95, max: 0.99, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(noise, (factors) => {
        const noisy = factors.map((factor, i) => ({
          concurrency: i + 1,
          throughput: 100 * (i + 1) * factor * 0.98 ** i,
        }));
        const fit = fitUsl(noisy);
        expect(fit.contention).toBeGreaterThanOrEqual(0);
        expect(fit.coherency).toBeGreaterThanOrEqual(0);
        expect(fit.unitThroughput).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses too few loads and throughput per unit that rises', () => {
    expect(() => fitUsl(points('cisco').slice(0, 5))).toThrow(/at least 6 different loads/);
    // Requests per second of the StrataRouter table: 5,000 each alone, 20,000 each with ten.
    const table = [1, 2, 3, 5, 10, 50].map((n) => ({
      concurrency: n,
      throughput: n === 1 ? 5_000 : 20_000 * n,
    }));
    expect(() => fitUsl(table)).toThrow(/configuration changed/);
    expect(() => fitUsl([{ concurrency: 0, throughput: Number.NaN }])).toThrow(/points\[0\]/);
  });
});

describe('distribution functions', () => {
  it('agree with printed tables', () => {
    // Student: t(0.975) for 1, 4, 10, 30 degrees; normal: z(0.975), z(0.995), Phi(-8) (Abramowitz and Stegun, 26).
    for (const [degrees, expected] of [
      [1, 12.706_204_736],
      [4, 2.776_445_105],
      [10, 2.228_138_852],
      [30, 2.042_272_456],
    ] as const)
      expect(studentQuantile(0.975, degrees)).toBeCloseTo(expected, 8);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959_963_984_540_054, 12);
    expect(normalQuantile(0.995)).toBeCloseTo(2.575_829_303_548_901, 12);
    expect(relativeError(normalCdf(-8), 6.220_960_574_271_785e-16)).toBeLessThan(1e-9);
    expect(studentCdf(0, 7)).toBeCloseTo(0.5, 15);
  });
});
