import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Plan, PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
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

/** 100/s on boxes that carry 100/s at most and 70/s by the limit: two needed, two bought, $73 each. */
function ceilings(changes: Partial<PlanInput> = {}): Plan['ceilings'] {
  return planCapacity({
    perDay: given(8.64e6),
    peakMultiplier: given(1),
    workload: workloadFromCapacity(given(100), type),
    slos: [],
    maxUtilisation: given(0.7),
    queue: 'pooled',
    availability: { floor: 1, spares: 0, zones: 1, loseZones: 0 },
    catalogue: parseCatalogue({ region: 'r', asOf: '2026-07-20', types: [type] }),
    types: [],
    growthPerYear: 1,
    ...changes,
  }).ceilings;
}

describe('the ceilings of growth', () => {
  it('are reached in log(factor) / log(1 + g) years: a fleet half busy after one year of doubling', () => {
    const fleet = ceilings({ startDate: '2027-01-01' }).find(({ name }) => name === 'bought fleet');
    expect(fleet?.growBy).toBeCloseTo(2, 2);
    expect(fleet?.years).toBeCloseTo(1, 2);
    // The factor is found to 0.1 %, which is half a day.
    expect(fleet?.date).toMatch(/^2027-12-3[01]$/);
  });

  it('hold the budget and the maximum of the autoscaler, soonest first', () => {
    // Three boxes for $220: 210/s by the limit; a maximum of four: 280/s.
    const found = ceilings({ budgetUsdPerMonth: 220, autoscaler: { maxReplicas: 4 } });
    expect(found.find(({ name }) => name === 'budget')?.growBy).toBeCloseTo(2.1, 2);
    expect(found.find(({ name }) => name === 'autoscaler maximum')?.growBy).toBeCloseTo(2.8, 2);
    expect(found.map(({ years }) => years)).toEqual(found.map(({ years }) => years).sort((a, b) => a - b));
    expect(found.every(({ date }) => date === null)).toBe(true);
  });

  it('say what is broken already, and nothing without growth', () => {
    const budget = ceilings({ budgetUsdPerMonth: 100 }).find(({ name }) => name === 'budget');
    // One box: 70/s.
    expect(budget).toMatchObject({ years: 0 });
    expect(budget?.growBy).toBeCloseTo(0.7, 2);
    expect(ceilings({ growthPerYear: -0.1 })).toEqual([]);
  });

  it('refuse a start that is no day', () => {
    for (const startDate of ['2027-02-30', 'soon'])
      expect(() => ceilings({ startDate })).toThrow(/startDate: expected a date/);
  });
});
