import { describe, expect, it } from 'vitest';
import { fitGrowth, type VolumePoint } from '../../src/planner/growth-fit.ts';

/** Every 73 days, a fifth of a year of 365 days; in years of 365.25 days. */
const series = (volume: (t: number) => number, count = 11): VolumePoint[] =>
  Array.from({ length: count }, (_, index) => {
    const at = new Date(Date.UTC(2024, 0, 1) + index * 73 * 86_400_000);
    return { date: at.toISOString().slice(0, 10), perDay: volume((index * 73) / 365.25) };
  });

describe('fitGrowth()', () => {
  it('finds the rate of a volume that grows by one, without an error', () => {
    const fit = fitGrowth(series((t) => 1e6 * 1.4 ** t));
    expect(fit.perYear).toBeCloseTo(0.4, 9);
    expect(fit.low).toBeCloseTo(0.4, 6);
    expect(fit.years).toBeCloseTo(730 / 365.25, 9);
    expect(fit.holdBackError.exponential).toBeLessThan(fit.holdBackError.linear);
  });

  it('has the interval of Student', () => {
    // ln V = 0, 1, 1, 2, 2, 3 over steps 0..5: slope 19/35 a step, RSS 0.190476, s^2 = RSS/4, Sxx = 17.5, t(0.975, 4) = 2.776445.
    const logs = [0, 1, 1, 2, 2, 3];
    const fit = fitGrowth(series((t) => Math.exp(logs[Math.round((t * 365.25) / 73)] ?? 0), 6));
    const stepsPerYear = 365.25 / 73;
    const rss = logs.reduce((sum, y, x) => sum + (y - (1.5 + (19 / 35) * (x - 2.5))) ** 2, 0);
    const half = 2.776_445 * Math.sqrt(rss / 4 / 17.5);
    expect(Math.log1p(fit.perYear)).toBeCloseTo((19 / 35) * stepsPerYear, 9);
    expect(Math.log1p(fit.high)).toBeCloseTo((19 / 35 + half) * stepsPerYear, 4);
    expect(Math.log1p(fit.low)).toBeCloseTo((19 / 35 - half) * stepsPerYear, 4);
  });

  it('says when a straight line foretells the last fifth better', () => {
    const { exponential, linear } = fitGrowth(series((t) => 1e6 + 1e6 * t)).holdBackError;
    expect(linear).toBeCloseTo(0, 9);
    expect(exponential).toBeGreaterThan(0.02);
  });

  it('takes points in any order, and a volume that falls', () => {
    const falling = series((t) => 1e6 * 0.5 ** t);
    expect(fitGrowth(falling.toReversed()).perYear).toBeCloseTo(-0.5, 9);
  });

  it('refuses too few, too short a time, and every value that is none', () => {
    expect(() => fitGrowth(series((t) => 1 + t, 5))).toThrow(/expected at least 6, got 5/);
    const days = Array.from({ length: 6 }, (_, day) => ({ date: `2026-01-0${day + 1}`, perDay: 10 }));
    expect(() => fitGrowth(days)).toThrow(/two months or more, got 5 days/);
    const bad = [
      ...series((t) => 1 + t),
      { date: '31.1.2026', perDay: 3 },
      { date: '2026-01-31', perDay: 0 },
    ];
    expect(() => fitGrowth(bad)).toThrow(/value 12: .*value 13: /su);
  });
});
