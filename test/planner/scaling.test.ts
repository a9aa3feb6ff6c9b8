import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Plan, PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { mostUseful, scalingLoss } from '../../src/planner/scaling.ts';
import { uslConcurrency, uslPeak } from '../../src/planner/usl.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';

const type = {
  type: 'box',
  pricePerHourUsd: 0.1,
  vcpu: 2,
  memoryGib: 4,
  arch: 'amd64',
  burstable: false,
} as const;
const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });
const scaling = { contention: 0.05, coherency: 0.002, measuredTo: 8, source: 'points.csv' };

/** Boxes that carry 100/s each, all of which may be used. */
function plan(perSecond: number, changes: Partial<PlanInput> = {}): Plan {
  return planCapacity({
    perDay: given(86_400 * perSecond),
    peakMultiplier: given(1),
    workload: workloadFromCapacity(given(100), type),
    slos: [],
    maxUtilisation: given(1),
    queue: 'pooled',
    availability: { floor: 1, spares: 0, zones: 1, loseZones: 0 },
    catalogue: parseCatalogue({ region: 'r', asOf: '2026-07-20', types: [type] }),
    types: [],
    scaling,
    ...changes,
  });
}

describe('the scaling loss of instances', () => {
  it('is the divisor of the scalability law, and its peak the most that is useful', () => {
    expect(scalingLoss(scaling, 1)).toBe(1);
    expect(scalingLoss(scaling, 4)).toBeCloseTo(1 + 0.15 + 0.024, 12);
    expect(mostUseful(scaling)).toBe(
      Math.floor(uslPeak({ unitThroughput: 100, ...scaling })?.concurrency ?? 0),
    );
    expect(mostUseful({ ...scaling, coherency: 0 })).toBe(Infinity);
  });

  it('needs as many instances as the inverse of the law says', () => {
    for (const perSecond of [150, 400, 690]) {
      const exact = uslConcurrency({ unitThroughput: 100, ...scaling }, perSecond) ?? 0;
      expect(plan(perSecond).types[0]?.needed).toBe(Math.ceil(exact));
      expect(plan(perSecond).types[0]?.needed).toBeGreaterThan(perSecond / 100);
    }
    const step = plan(400).ladder.find(({ id }) => id === 'scaling-loss');
    expect(step).toMatchObject({ provenance: 'measured' });
  });

  it('says that no number of instances will do beyond the peak of the law', () => {
    const peak = uslPeak({ unitThroughput: 100, ...scaling })?.throughput ?? 0;
    expect(() => plan(1.01 * peak)).toThrow(/INFEASIBLE.*no number of instances/);
  });

  it('refuses more than twice the instances measured, unless told to extrapolate', () => {
    const small = { ...scaling, measuredTo: 2 };
    expect(() => plan(400, { scaling: small })).toThrow(
      /scaling: expected at most 4 instances, twice the 2 of points\.csv, got 5/,
    );
    expect(plan(400, { scaling: small, extrapolate: true }).verdict.instances).toBe(5);
  });
});
