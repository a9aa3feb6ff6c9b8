import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { busyAt, costAt, costLaw, mixCost, rateAt, scaleCost } from '../../src/planner/cost-law.ts';

/** 20 ms an execution at 10/s, 12 ms at 50/s. */
const falling = costLaw([
  { ratePerSecond: 50, busy: 0.6 },
  { ratePerSecond: 10, busy: 0.2 },
]);

describe('costLaw()', () => {
  it('is the utilisation law between two loads: u = 0.1 + 0.01 x', () => {
    expect(busyAt(falling, 30)).toBeCloseTo(0.4, 12);
    expect(rateAt(falling, 0.4)).toBeCloseTo(30, 12);
    expect(costAt(falling, 30)).toBeCloseTo(0.4 / 30, 12);
  });

  it('extrapolates to no lower cost: below the lowest load as there, above the highest as there', () => {
    expect(costAt(falling, 5)).toBeCloseTo(0.02, 12);
    expect(costAt(falling, 0)).toBeCloseTo(0.02, 12);
    expect(costAt(falling, 80)).toBeCloseTo(0.012, 12);
    expect(rateAt(falling, 1)).toBeCloseTo(1 / 0.012, 9);
  });

  it('follows a cost that grows with the load above the highest by its slope', () => {
    const rising = costLaw([
      { ratePerSecond: 10, busy: 0.1 },
      { ratePerSecond: 20, busy: 0.4 },
    ]);
    expect(busyAt(rising, 30)).toBeCloseTo(0.7, 12);
  });

  it('averages points by which more load would be less work', () => {
    const { points } = costLaw([
      { ratePerSecond: 10, busy: 0.3 },
      { ratePerSecond: 20, busy: 0.2 },
      { ratePerSecond: 40, busy: 0.5 },
    ]);
    expect(points).toEqual([
      { ratePerSecond: 15, busy: 0.25 },
      { ratePerSecond: 40, busy: 0.5 },
    ]);
  });

  it('goes there and back, and rises, for any points', () => {
    const point = fc.record({
      ratePerSecond: fc.double({ min: 0.01, max: 1e4, noNaN: true }),
      busy: fc.double({ min: 1e-4, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 1e-3, max: 3, noNaN: true }),
        (points, busy) => {
          const law = costLaw(points);
          expect(busyAt(law, rateAt(law, busy)) / busy).toBeCloseTo(1, 6);
          expect(rateAt(law, busy * 1.5)).toBeGreaterThan(rateAt(law, busy));
        },
      ),
    );
  });

  it('mixes by share at the activity of the whole, and scales', () => {
    const flat = costLaw([{ ratePerSecond: 10, busy: 0.05 }]);
    const mix = mixCost([
      { share: 0.25, law: falling },
      { share: 0.75, law: flat },
    ]);
    // At 50/s the parts cost 12 and 5 ms.
    expect(costAt(mix, 50)).toBeCloseTo(0.25 * 0.012 + 0.75 * 0.005, 12);
    expect(costAt(scaleCost(falling, 2), 30)).toBeCloseTo((2 * 0.4) / 30, 12);
  });

  it.each([[[]], [[{ ratePerSecond: 0, busy: 0.1 }]], [[{ ratePerSecond: 1, busy: Number.NaN }]]])(
    'refuses %j',
    (points) => {
      expect(() => costLaw(points)).toThrow(EnclaveError);
    },
  );
});
