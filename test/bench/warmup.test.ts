import { describe, expect, it } from 'vitest';
import { ResponseWindows } from '../../src/bench/response-windows.ts';
import { findWarmup } from '../../src/bench/warmup.ts';

/** Medians of 200 ms windows from one value a second. */
const windows = (...seconds: readonly number[]): number[] =>
  seconds.flatMap((value) => Array<number>(5).fill(value));
/** Two values by turns: neither trend nor chance. */
const settled = (seconds: number): number[] =>
  Array.from({ length: seconds }, (_, index) => 40_000 + (index % 2) * 400);

describe('findWarmup()', () => {
  it('cuts a slow start and calls the rest steady', () => {
    const found = findWarmup(windows(200_000, 120_000, 70_000, ...settled(17)), 200);
    expect(found).toMatchObject({ cutMs: 3_000, trend: 'steady' });
    expect(Math.abs(found.changeRatio ?? 1)).toBeLessThan(0.02);
  });

  it('cuts nothing of a steady phase', () => {
    expect(findWarmup(windows(...settled(20)), 200)).toMatchObject({ cutMs: 0, trend: 'steady' });
  });

  it('leaves a start in that is hardly slower', () => {
    expect(findWarmup(windows(43_000, 42_000, ...settled(18)), 200).cutMs).toBe(0);
  });

  it('never cuts a rise: that is backlog or a leak', () => {
    const rising = Array.from({ length: 20 }, (_, index) => 10_000 + index * 1_000);
    const found = findWarmup(windows(...rising), 200);
    expect(found).toMatchObject({ cutMs: 0, trend: 'rising' });
    // 19 steps of 1,000 over a middle of 20,000.
    expect(found.changeRatio).toBeCloseTo(0.95, 2);
  });

  it('says so when it falls to the end', () => {
    const falling = Array.from({ length: 40 }, (_, index) => 100_000 - index * 2_000);
    const found = findWarmup(windows(...falling), 200);
    expect(found.trend).toBe('falling');
    expect(found.changeRatio).toBeLessThan(-0.5);
    expect(found.cutMs).toBeLessThanOrEqual(20_000);
  });

  it('cuts at most 30 s', () => {
    const slow = Array.from({ length: 60 }, () => 500_000);
    expect(findWarmup(windows(...slow, ...settled(100)), 200).cutMs).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ['a phase of nine seconds', windows(...settled(9))],
    ['a second without an execution', windows(...settled(10), NaN, ...settled(10))],
  ])('knows nothing of %s', (_what, medians) => {
    expect(findWarmup(medians, 200)).toEqual({ cutMs: 0, trend: 'unknown', changeRatio: null });
  });
});

describe('ResponseWindows', () => {
  it('answers the median of each window by intended start, whenever executions ended', () => {
    const collected = new ResponseWindows(1_000, 2_000);
    for (const [intendedMs, responseMs] of [
      [1_000, 5],
      [1_199, 900],
      [1_100, 7],
      [1_200, 3],
      [999, 1],
    ] as const)
      collected.add(intendedMs, intendedMs + responseMs);
    expect(collected.windowMs).toBe(200);
    expect(collected.medians(2_000)).toEqual([7_000, 3_000, NaN, NaN, NaN]);
    expect(collected.medians(1_999)).toEqual([]);
  });

  it('keeps a few of many, and their median close', () => {
    const collected = new ResponseWindows(0, 1_000);
    for (let i = 0; i < 100_000; i++) collected.add(100, 100 + (i % 1_000));
    // 101 of evenly spread values: the median lies within 0.2 of the middle with all but certainty.
    expect(collected.medians(1_000)[0]).toBeGreaterThan(300_000);
    expect(collected.medians(1_000)[0]).toBeLessThan(700_000);
  });

  it('has longer windows for a day', () => {
    expect(new ResponseWindows(0, 86_400_000).windowMs).toBe(200 * 44);
  });
});
