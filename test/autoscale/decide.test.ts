import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type PoolPolicy, type PoolState } from '../../src/autoscale/decide.ts';
import { resolvePool } from '../../src/autoscale/options.ts';

// The numbers of the published example: 2 to 10 runtimes, up at 80 %, down at 30 %, every 30 s.
const { policy: GUIDE } = resolvePool({
  minSize: 2,
  maxSize: 10,
  scaleUpThreshold: 0.8,
  scaleDownThreshold: 0.3,
  scaleInterval: 30_000,
});
/** Runtimes of ten places each, all there, long unchanged. */
const pool = (size: number, busy: number, over: Partial<PoolState> = {}): PoolState => ({
  size,
  slotsPerRuntime: 10,
  slots: size * 10,
  busy,
  queued: 0,
  lowChecks: 0,
  sinceChangeMs: 600_000,
  ...over,
});

describe('decide()', () => {
  it.each<[string, PoolState, string, number]>([
    ['nothing is there: the smallest size at once', pool(0, 0), 'up', 2],
    ['half busy', pool(2, 10), 'stay', 2],
    ['exactly 80 %', pool(2, 16), 'stay', 2],
    // 17 busy of 20 is 85 %; 17 / (10 · 0.8) = 2.1, so three.
    ['just above 80 %', pool(2, 17), 'up', 3],
    // 20 busy and 30 waiting: 50 / 8 = 6.25, so seven at once, not one more.
    ['a burst: straight to what it needs', pool(2, 20, { queued: 30 }), 'up', 7],
    ['more than ten would be needed', pool(4, 40, { queued: 200 }), 'up', 10],
    ['full at the largest size', pool(10, 100, { queued: 5 }), 'stay', 10],
    ['quiet for the first time', pool(4, 4), 'stay', 4],
    ['quiet twice: one goes', pool(4, 4, { lowChecks: 1 }), 'down', 3],
    ['exactly 30 %', pool(4, 12, { lowChecks: 1 }), 'stay', 4],
    ['quiet at the smallest size', pool(2, 0, { lowChecks: 9 }), 'stay', 2],
    ['quiet, shortly after a change', pool(4, 4, { lowChecks: 1, sinceChangeMs: 59_999 }), 'stay', 4],
    ['quiet, and the cool-down is over', pool(4, 4, { lowChecks: 1, sinceChangeMs: 60_000 }), 'down', 3],
    ['sessions wait longer than a second though places are free', pool(3, 12, { waitMs: 1_001 }), 'up', 4],
    ['a wait of a second is accepted', pool(3, 12, { waitMs: 1_000 }), 'stay', 3],
    ['more than allowed, by hand', pool(12, 60), 'down', 10],
    // Those that start count: 3 runtimes have 30 places, of which 20 are there yet. 20 / 30 is below 80 %.
    ['a runtime is starting', pool(3, 20, { slots: 20 }), 'stay', 3],
  ])('%s', (_what, state, kind, size) => {
    expect(decide(state, GUIDE)).toMatchObject({ kind, size });
  });

  it('says what holds it back', () => {
    expect(decide(pool(10, 100, { queued: 5 }), GUIDE)).toMatchObject({ limit: 'maxSize' });
    expect(decide(pool(2, 17), GUIDE).limit).toBeUndefined();
  });

  // The published example of a budget: 100 an hour, 10 instances at 0.20 each, one more is paid for.
  const paid = (hourlyBudgetUsd: number): PoolPolicy => ({
    ...GUIDE,
    maxSize: 1_000,
    hourlyBudgetUsd,
    costPerRuntimeUsd: 0.2,
  });
  it.each([
    [100, 'up', 12, undefined],
    [2.4, 'up', 12, undefined],
    [2.2, 'up', 11, 'budget'],
    [2, 'stay', 10, 'budget'],
  ] as const)('stops at what %d an hour pays for, and says so', (budget, kind, size, limit) => {
    // 90 busy of 100: 90 / 8 = 11.25, so twelve are needed.
    const decision = decide(pool(10, 90), paid(budget));
    expect(decision).toMatchObject({ kind, size });
    expect(decision.limit).toBe(limit);
    if (limit === 'budget') expect(decision.reason).toContain(`budget of ${budget}`);
  });

  it('stays within its bounds, and never swings: what it takes away it would not ask back at once', () => {
    const states = fc.record({
      size: fc.integer({ min: 0, max: 30 }),
      slotsPerRuntime: fc.integer({ min: 1, max: 200 }),
      busyShare: fc.double({ min: 0, max: 1, noNaN: true }),
      queued: fc.integer({ min: 0, max: 5_000 }),
      lowChecks: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(states, ({ size, slotsPerRuntime, busyShare, queued, lowChecks }) => {
        const slots = size * slotsPerRuntime;
        const busy = Math.floor(busyShare * slots);
        const state = { size, slotsPerRuntime, slots, busy, queued, lowChecks, sinceChangeMs: 1e9 };
        const { kind, size: to } = decide(state, GUIDE);
        expect(to).toBeLessThanOrEqual(Math.max(10, kind === 'stay' ? size : 10));
        expect(to).toBeGreaterThanOrEqual(Math.min(size, 2));
        if (kind === 'down' && size <= 10) {
          const after = {
            ...state,
            size: to,
            slots: to * slotsPerRuntime,
            busy: Math.min(busy, to * slotsPerRuntime),
          };
          expect(decide(after, GUIDE).kind).not.toBe('up');
        }
      }),
      { seed: 6 },
    );
  });
});

describe('resolvePool()', () => {
  it('has the defaults of the published guide', () => {
    expect(resolvePool({})).toMatchObject({
      intervalMs: 30_000,
      policy: { minSize: 2, maxSize: 10, scaleUpThreshold: 0.8, scaleDownThreshold: 0.3 },
    });
  });

  it('tells every problem at once', () => {
    expect(() =>
      resolvePool({ minSize: 5, maxSize: 3, scaleUpThreshold: 2, hourlyBudget: 1, driver: 'kubernetes' }),
    ).toThrow(/scaleUpThreshold[\s\S]*minSize[\s\S]*costPerRuntime[\s\S]*kubernetes/u);
    expect(() => resolvePool({ hourlyBudget: 1, costPerRuntime: 1 })).toThrow(
      /hourlyBudget: expected at least 2/u,
    );
  });
});
