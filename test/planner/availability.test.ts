import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableFleet, upShare } from '../../src/planner/availability.ts';

const goal = { floor: 1, spares: 0, zones: 1, loseZones: 0 };

describe('upShare()', () => {
  it('is the binomial tail in one zone', () => {
    // All of 2: 0.81; at least 2 of 3: 0.9^3 + 3 x 0.9^2 x 0.1 = 0.972.
    const one = { needed: 2, zones: 1, instance: 0.9, zone: 1 };
    expect(upShare({ ...one, instances: 2 })).toBeCloseTo(0.81, 12);
    expect(upShare({ ...one, instances: 3 })).toBeCloseTo(0.972, 12);
    expect(upShare({ ...one, instances: 1 })).toBe(0);
  });

  it('sums over the zones that are up', () => {
    // 2 zones of 1, one needed, nothing but zones fails: 1 - 0.1^2.
    expect(upShare({ needed: 1, instances: 2, zones: 2, instance: 1, zone: 0.9 })).toBeCloseTo(0.99, 12);
    // 3 instances in 2 zones, 2 needed: the zone with two must be up.
    expect(upShare({ needed: 2, instances: 3, zones: 2, instance: 1, zone: 0.9 })).toBeCloseTo(0.9, 12);
    // 2 instances in 2 zones, 1 needed: (1 - z)^2, then one or two instances at 0.5.
    const both = 0.81 * 0.75 + 0.18 * 0.5;
    expect(upShare({ needed: 1, instances: 2, zones: 2, instance: 0.5, zone: 0.9 })).toBeCloseTo(both, 12);
  });

  it('never falls with another instance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        (needed, spare, zones, instance, zone) => {
          const at = (instances: number) => upShare({ needed, instances, zones, instance, zone });
          expect(at(needed + spare + 1)).toBeGreaterThanOrEqual(at(needed + spare) - 1e-12);
        },
      ),
    );
  });
});

describe('availableFleet() with a target', () => {
  it('buys the least that is up for the target share of time', () => {
    expect(availableFleet(2, { ...goal, target: 0.97, instance: 0.9 })).toMatchObject({
      instances: 3,
      rule: 'availability',
    });
    expect(availableFleet(2, { ...goal, target: 0.98, instance: 0.9 }).instances).toBe(4);
  });

  it('takes the promise for one instance, 99.5 %, where none is given', () => {
    // 6 of 6 up: 0.995^6 = 0.9704; 6 of 7: + 7 x 0.995^6 x 0.005 = 0.99948.
    expect(availableFleet(6, { ...goal, target: 0.999 }).instances).toBe(7);
    expect(availableFleet(6, { ...goal, target: 0.9996 }).instances).toBe(8);
  });

  it('buys for the loss of zones when they fail too, and agrees with the rule of zones', () => {
    const zoned = { ...goal, zones: 3, target: 0.995, instance: 1, zone: 0.95 };
    // 2 + 2 + 2: two zones must be up, 0.99275.
    expect(availableFleet(4, { ...zoned, target: 0.99 }).instances).toBe(6);
    // 4 + 3 + 3: or the large one alone, 1 - 0.05^3 - 2 x 0.95 x 0.05^2 = 0.995125.
    expect(availableFleet(4, zoned).instances).toBe(10);
    // 4 + 4 + 4: any one, 0.999875.
    expect(availableFleet(4, { ...zoned, target: 0.9995 }).instances).toBe(12);
  });

  it('says so when the zones alone are down for longer', () => {
    expect(() => availableFleet(4, { ...goal, target: 0.999, zone: 0.99 })).toThrow(
      /INFEASIBLE.*no number of instances is up for 99.9 % of the time in 1 zones/,
    );
  });
});
