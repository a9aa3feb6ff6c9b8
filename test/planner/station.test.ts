import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invertDecreasing, smallestWhere } from '../../src/planner/invert.ts';
import { mmcWait } from '../../src/planner/mmc.ts';
import {
  exponentialServiceTime,
  measuredServiceTime,
  responseQuantile,
  responseSurvival,
  serviceQuantile,
} from '../../src/planner/service-time.ts';
import { ceilOnce, minServers } from '../../src/planner/station.ts';
import { relativeError } from './published.ts';

const constant = (seconds: number) => measuredServiceTime([{ fromS: seconds, toS: seconds, count: 1 }]);

describe('minServers()', () => {
  it('finds the 14 servers that pyworkforce documents for 10 erlangs', () => {
    // The same README states P(wait) = 0.1741 for 14 servers; 13 have 0.2853.
    expect(minServers({ offeredLoad: 10, goal: { kind: 'waitProbability', max: 0.2 } })).toBe(14);
    expect(minServers({ offeredLoad: 10, goal: { kind: 'waitProbability', max: 0.1742 } })).toBe(14);
    expect(minServers({ offeredLoad: 10, goal: { kind: 'waitProbability', max: 0.174 } })).toBe(15);
  });

  it('finds the first number that meets the goal, for any load and goal', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 200, noNaN: true }),
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        fc.double({ min: 0.001, max: 3, noNaN: true }),
        (offeredLoad, p, withinS) => {
          const found = minServers({ offeredLoad, goal: { kind: 'wait', p, withinS } }) ?? 0;
          const waits = (servers: number) =>
            mmcWait({ servers, offeredLoad, meanServiceTime: 1 }).quantile(p);
          expect(waits(found)).toBeLessThanOrEqual(withinS);
          if (found > Math.floor(offeredLoad) + 1) expect(waits(found - 1)).toBeGreaterThan(withinS);
        },
      ),
    );
  });

  it('never needs fewer servers for more load', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 20, noNaN: true }),
        (load, more) => {
          const need = (offeredLoad: number) =>
            minServers({
              offeredLoad,
              meanServiceTime: 0.01,
              serviceScv: 0.5,
              service: constant(0.02),
              goal: { kind: 'response', p: 0.99, withinS: 0.03 },
            }) ?? 0;
          expect(need(load + more)).toBeGreaterThanOrEqual(need(load));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('says that no number of servers beats the service itself', () => {
    const goal = { kind: 'response', p: 0.99, withinS: 0.05 } as const;
    expect(
      minServers({ offeredLoad: 1, service: constant(0.051), meanServiceTime: 0.01, goal }),
    ).toBeUndefined();
  });

  it('rounds a utilisation limit up once, and not for the error of a division', () => {
    expect(minServers({ offeredLoad: 2.1, goal: { kind: 'utilisation', max: 0.7 } })).toBe(3);
    expect(minServers({ offeredLoad: 2.11, goal: { kind: 'utilisation', max: 0.7 } })).toBe(4);
    expect(minServers({ offeredLoad: 0, goal: { kind: 'utilisation', max: 0.7 } })).toBe(1);
    expect(ceilOnce(3.000_000_000_1)).toBe(3);
    expect(ceilOnce(3.001)).toBe(4);
  });
});

describe('responseQuantile()', () => {
  it('of a constant service is that service plus the quantile of the wait', () => {
    // P(T > 2 + t) = 0.4 e^(-5 t) = 0.01  =>  t = ln(40) / 5.
    expect(responseQuantile({ probability: 0.4, rate: 5 }, constant(2), 0.99)).toBeCloseTo(
      2 + Math.log(40) / 5,
      12,
    );
  });

  it('of a uniform bin is the integral over the bin', () => {
    // X uniform on [0, 1], W = 0: P(T > t) = 1 - t. With W: checked against a sum over 100,000 slices.
    const uniform = measuredServiceTime([{ fromS: 0, toS: 1, count: 7 }]);
    expect(serviceQuantile(uniform, 0.75)).toBeCloseTo(0.75, 12);
    const wait = { probability: 0.6, rate: 3 };
    for (const t of [0.3, 1, 1.4]) {
      let sum = 0;
      for (let i = 0; i < 100_000; i++) {
        const x = (i + 0.5) / 100_000;
        sum += t < x ? 1 : wait.probability * Math.exp(-wait.rate * (t - x));
      }
      expect(responseSurvival(wait, uniform, t)).toBeCloseTo(sum / 100_000, 5);
    }
  });

  it('of a finely binned exponential law agrees with the closed form of M/M/c', () => {
    const width = 0.002;
    const bins = Array.from({ length: 10_000 }, (_, i) => ({
      fromS: i * width,
      toS: (i + 1) * width,
      count: Math.exp(-i * width) - Math.exp(-(i + 1) * width),
    }));
    const { probability } = mmcWait({ servers: 4, offeredLoad: 3, meanServiceTime: 1 });
    const wait = { probability, rate: 1 };
    const closed = responseQuantile(wait, exponentialServiceTime(1), 0.99);
    expect(relativeError(responseQuantile(wait, measuredServiceTime(bins), 0.99), closed)).toBeLessThan(1e-3);
  });

  it('refuses bins that are empty, out of order or without samples', () => {
    expect(() => measuredServiceTime([])).toThrow(/at least one bin/);
    expect(() => measuredServiceTime([{ fromS: 2, toS: 1, count: 1 }])).toThrow(/bins\[0\]/);
    expect(() => measuredServiceTime([{ fromS: 0, toS: 1, count: 0 }])).toThrow(/above 0/);
  });
});

describe('invertDecreasing() and smallestWhere()', () => {
  it('find the level of an exponential to the last bits', () => {
    expect(invertDecreasing((t) => Math.exp(-t), 1e-6, 1)).toBeCloseTo(Math.log(1e6), 12);
    expect(invertDecreasing(() => 0.5, 0.4, 1)).toBe(Infinity);
  });

  it('find the first number of a monotone claim, or none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 5_000 }),
        (threshold, first) => {
          const found = smallestWhere((n) => n >= threshold, first, 4_000);
          const expected = Math.max(threshold, first);
          expect(found).toBe(expected <= 4_000 ? expected : undefined);
        },
      ),
    );
  });
});
