import { describe, expect, it } from 'vitest';
import { type ComparedMetric, compareRuns, holm, mannWhitneyP, median } from '../../src/bench/compare.ts';
import { buildTestReport } from '../support/run-report.ts';

const compareP50 = (a: readonly number[], b: readonly number[]): ComparedMetric | undefined =>
  compareRuns(a.map(buildTestReport), b.map(buildTestReport)).find(({ metric }) => metric === 'p50');

describe('compareRuns()', () => {
  const a = [100, 101, 99, 100.5, 99.5];

  it('says worse only of a clear, relevant rise', () => {
    expect(
      compareP50(
        a,
        a.map((ms) => ms * 1.2),
      ),
    ).toMatchObject({ verdict: 'worse', equivalent: false });
    expect(
      compareP50(
        a,
        a.map((ms) => ms * 0.8),
      ),
    ).toMatchObject({ verdict: 'better' });
  });

  it('calls a difference below the tolerance equivalent, not better', () => {
    expect(
      compareP50(
        a,
        a.map((ms) => ms * 0.99),
      ),
    ).toMatchObject({ verdict: 'cannot tell', equivalent: true });
  });

  it('claims nothing from three runs a side, and nothing from noise', () => {
    expect(compareP50([100, 101, 99], [200, 201, 199])?.verdict).toBe('cannot tell');
    const noisy = compareP50([80, 120, 90, 110, 100], [85, 118, 94, 116, 105]);
    expect(noisy).toMatchObject({ verdict: 'cannot tell', equivalent: false });
    expect(noisy?.detectableRatio).toBeGreaterThan(0.2);
  });

  it('refuses runs that are invalid or of another scenario', () => {
    const one = buildTestReport(1);
    const other = { ...one, scenario: { ...one.scenario, hash: 'other' } };
    expect(() => compareRuns([one], [other])).toThrow(/UNSUITABLE_REPORT.*scenario hash/);
    const invalid = { ...one, validity: { ...one.validity, valid: false } };
    expect(() => compareRuns([one], [invalid])).toThrow(/expected valid, complete runs/);
  });
});

describe('mannWhitneyP()', () => {
  // The least two-sided p of n against n is 2 / C(2n, n).
  it.each([
    [3, 2 / 20],
    [4, 2 / 70],
    [5, 2 / 252],
    [6, 2 / 924],
  ])('of %i runs against as many that are all higher is %f', (n, p) => {
    const a = Array.from({ length: n }, (_, i) => i);
    const b = a.map((value) => value + 100);
    expect(mannWhitneyP(a, b)).toBeCloseTo(p, 12);
    expect(mannWhitneyP(b, a)).toBeCloseTo(p, 12);
  });

  it('agrees with the published table for 5 against 5', () => {
    // Mann and Whitney 1947, table I, n = m = 5: P(U <= 3) = .028 one-sided.
    const a = [1, 2, 3, 5, 6.5];
    const b = [4, 6, 7, 8, 9];
    expect(a.flatMap((x) => b.filter((y) => y < x)).length).toBe(3);
    // 1 + 1 + 2 + 3 ways of 252 have U of 0, 1, 2 and 3.
    expect(mannWhitneyP(a, b)).toBeCloseTo(2 * (7 / 252), 9);
  });

  it('is 1 when there is nothing to tell apart', () => {
    expect(mannWhitneyP([5, 5, 5, 5], [5, 5, 5, 5])).toBe(1);
  });
});

describe('holm()', () => {
  it('multiplies by what is left and never falls', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  });
});

describe('median()', () => {
  it('of an even number is the mean of the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });
});
