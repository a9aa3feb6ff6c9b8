import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawUniform, ManualClock } from '../src/clock.ts';

describe('ManualClock', () => {
  it('fires timers at their own instant, in order of instant, then of setting', async () => {
    const clock = new ManualClock();
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.nowMs()]);
    clock.setTimer(20, note('late'));
    clock.setTimer(10, note('first'));
    clock.setTimer(10, note('second'));
    await clock.advance(30);
    expect(fired).toEqual([
      ['first', 10],
      ['second', 10],
      ['late', 20],
    ]);
    expect(clock.nowMs()).toBe(30);
  });

  it('fires timers that a fired timer sets within the same stretch of time', async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    clock.setTimer(5, () => clock.setTimer(5, () => at.push(clock.nowMs())));
    await clock.advance(10);
    expect(at).toEqual([10]);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = new ManualClock();
    let fired = false;
    const cancel = clock.setTimer(1, () => (fired = true));
    cancel();
    await clock.advance(2);
    expect(fired).toBe(false);
  });
});

describe('drawUniform()', () => {
  it('depends on nothing but seed, stream and index, and lies in [0, 1)', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(1000), fc.maxSafeNat(), (seed, stream, index) => {
        const draw = drawUniform(seed, stream, index);
        return draw >= 0 && draw < 1 && draw === drawUniform(seed, stream, index);
      }),
    );
  });

  // Chi-square over 100 cells, 99 degrees of freedom: 0.001 of fair samples lie above 148.2 (any statistics table).
  it.each([
    ['indices of one stream', (i: number) => drawUniform(42, 0, i)],
    ['streams of one index', (i: number) => drawUniform(42, i, 0)],
    ['seeds', (i: number) => drawUniform(i, 0, 0)],
  ])('spreads evenly over %s', (_what, draw) => {
    const n = 100_000;
    const cells = new Array<number>(100).fill(0);
    for (let i = 0; i < n; i++) {
      const cell = Math.floor(draw(i) * 100);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const expected = n / cells.length;
    const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(148.2);
  });

  it('has no correlation between neighbours: |r| below 4 / sqrt(n)', () => {
    const n = 100_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (drawUniform(7, 3, i) - 0.5) * (drawUniform(7, 3, i + 1) - 0.5);
    // The variance of a uniform draw is 1/12.
    expect(Math.abs((sum / n) * 12)).toBeLessThan(4 / Math.sqrt(n));
  });
});
