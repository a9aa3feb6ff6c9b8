import { describe, expect, it } from 'vitest';
import { batchMeans, mannKendall, mserCut, senSlope } from '../../src/bench/trend.ts';

describe('mannKendall()', () => {
  it('agrees with a worked example that has a tie', () => {
    // J. B. Little, "A Mann-Kendall Example (By Hand)", College of the Holy Cross: S = 54, one tie of two,
    // V = 14 x 13 x 33 / 18 - 2 x 1 x 9 / 18, Z = (S - 1) / sqrt(V) = 2.9058, one-sided p about .0018.
    const data = [12.9, 14.8, 13.2, 15.7, 13.8, 15.6, 12.9, 11.0, 17.3, 15.9, 19.0, 18.3, 20.1, 21.7];
    const { p, s, z } = mannKendall(data);
    expect(s).toBe(54);
    expect(z).toBeCloseTo(2.9058, 4);
    expect(p / 2).toBeCloseTo(0.0018, 4);
  });

  it('counts the pairs of the first example of Gilbert (1987), section 16.4', () => {
    // 10, 15, 14, 20: five pairs rise, one falls.
    expect(mannKendall([10, 15, 14, 20]).s).toBe(4);
    expect(mannKendall([20, 14, 15, 10]).s).toBe(-4);
  });

  it('has the variance n (n - 1) (2 n + 5) / 18 without ties, 165 for ten values', () => {
    const rising = Array.from({ length: 11 }, (_, index) => index);
    // n = 11: S = 55, V = 11 x 10 x 27 / 18 = 165.
    expect(mannKendall(rising).z).toBeCloseTo(54 / Math.sqrt(165), 12);
  });

  it('says nothing of equal values', () => {
    expect(mannKendall([3, 3, 3, 3])).toEqual({ s: 0, z: 0, p: expect.closeTo(1, 9) });
  });
});

describe('senSlope()', () => {
  it('is the median of the slopes of all pairs, whatever one outlier does', () => {
    // Pairs of 1, 3, 5, 100: slopes 2, 2, 33, 2, 48.5, 95; the median of 2, 2, 2, 33, 48.5, 95 is 17.5.
    expect(senSlope([1, 3, 5, 100])).toBe(17.5);
    expect(senSlope([0, 2, 4, 6, 8, 10, 300])).toBe(2);
    expect(senSlope([7])).toBe(0);
  });
});

describe('mserCut()', () => {
  it('minimises the sum of squares over the squared length', () => {
    // 9, 1, 2, 1, 2: z(0) = 46 / 25, z(1) = 1 / 16, z(2) = (2/3) / 9. z(1) = .0625 is least, z(2) = .0741.
    expect(mserCut([9, 1, 2, 1, 2], 2)).toBe(1);
  });

  it('removes an exact transient of any length up to half', () => {
    // Outliers of 100, then ones and twos by turns: each outlier left in adds thousands to the sum of squares, each pair of
    // values taken out shortens what the sum is divided by.
    for (const length of [0, 1, 3, 7, 10]) {
      const settled = Array.from({ length: 20 }, (_, index) => 1 + (index % 2));
      expect(mserCut([...Array<number>(length).fill(100), ...settled], 30)).toBe(length);
    }
  });

  it('never cuts more than half, nor more than it may', () => {
    const falling = Array.from({ length: 20 }, (_, index) => 100 - index);
    expect(mserCut(falling, 30)).toBeLessThanOrEqual(10);
    expect(mserCut(falling, 4)).toBe(4);
  });
});

describe('batchMeans()', () => {
  it('averages fives, leaves an incomplete batch and missing values out', () => {
    expect(batchMeans([1, 2, 3, 4, 5, 10, NaN, 20, NaN, 30, 99])).toEqual([3, 20]);
    expect(batchMeans([NaN, NaN, NaN, NaN, NaN])).toEqual([NaN]);
  });
});
