import { describe, expect, it } from 'vitest';
import { assumedCurve, peakOf } from '../../src/planner/curve.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { PlanInput } from '../../src/planner/plan-types.ts';
import type { Rehearsal, RehearsalId } from '../../src/planner/rehearsal.ts';
import { simulate } from '../../src/planner/simulate.ts';
import type { SimulationInput } from '../../src/planner/simulation-types.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';
import { baseInput, catalogue } from './plan-corpus.ts';

const [c6i] = catalogue.types.filter(({ type }) => type === 'c6i.large');
if (c6i === undefined) throw new Error('the catalogue has no c6i.large');
/** 10 ms of CPU on each of 2 processors, exponential. */
const stated = workloadFromCapacity({ value: 200, provenance: 'given', source: 'test' }, c6i);
const given = (value: number) => ({ value, provenance: 'given', source: 'test' }) as const;

function rehearsed(changes: Partial<PlanInput> = {}): Map<RehearsalId, Rehearsal> {
  const slos = parseSlos('p99=80ms');
  const plan = planCapacity({
    ...baseInput,
    workload: stated,
    types: ['c6i.large'],
    slos: slos.ok ? slos.value : [],
    simulation: { seed: 1, executions: 4_000 },
    ...changes,
  });
  return new Map(plan.rehearsal.map((row) => [row.id, row]));
}

describe('the rehearsal of a plan', () => {
  it('agrees with the closed form where that is exact: a queue for each host is M/M/1', () => {
    const rows = rehearsed({ queue: 'host' });
    const [all, lost] = [rows.get('all-up'), rows.get('instances-lost')];
    // 173.6/s over 4 x 2 hosts, and over 3 x 2: ln(100) / (100 - rate).
    expect(all?.foretoldP99Ms).toBeCloseTo((1_000 * Math.log(100)) / (100 - 173.611_11 / 8), 2);
    expect(lost?.foretoldP99Ms).toBeCloseTo((1_000 * Math.log(100)) / (100 - 173.611_11 / 6), 2);
    for (const row of [all, lost, rows.get('rollout')]) {
      expect(row?.agrees).toBe(true);
      expect(row?.simulatedP99Ms.low).toBeLessThan(row?.foretoldP99Ms ?? 0);
    }
    expect(lost?.simulatedP99Ms.value).toBeGreaterThan(all?.simulatedP99Ms.value ?? Infinity);
    expect(lost?.missShare).toBeGreaterThan(all?.missShare ?? Infinity);
    expect(all?.mayMiss).toBeCloseTo(0.01, 12);
  });

  it('starts again what a lost instance was serving, and tells of zones only where they may be lost', () => {
    const busy = { maxUtilisation: given(0.9), slos: [], perDay: given(5e7) };
    const rows = rehearsed({ ...busy, availability: { floor: 2, spares: 1, zones: 3, loseZones: 1 } });
    expect(rows.get('instances-lost')?.restarted).toBeGreaterThan(0);
    expect(rows.get('zones-lost')?.foretoldP99Ms).toBeGreaterThan(
      rows.get('instances-lost')?.foretoldP99Ms ?? Infinity,
    );
    expect(rehearsed(busy).has('zones-lost')).toBe(false);
  });

  it('goes through the busiest stretch with the autoscaler, by the curve or an assumed one', () => {
    const assumed = rehearsed().get('busiest-stretch');
    // 60,000 executions at 173.6/s.
    expect(assumed?.seconds).toBeCloseTo(345.6, 0);
    expect(assumed?.instances?.simulated).toBeCloseTo(assumed?.instances?.foretold ?? 0, 0);
    const values = Array.from({ length: 24 }, (_, hour) => (hour === 9 ? 3 : 21 / 23));
    const curve = { values, source: 'day.csv' };
    const row = rehearsed({ curve, peakMultiplier: given(peakOf(curve)) }).get('busiest-stretch');
    expect(row?.executions).toBeGreaterThan(50_000);
  });

  it('simulates a part of a large fleet, and none of one large queue', () => {
    expect(rehearsed({ perDay: given(5e8) }).get('all-up')?.slice[0]).toBe(24);
    expect(rehearsed({ perDay: given(5e8) }).get('instances-lost')?.title).toBe('1 of 24 lost');
    expect(rehearsed({ perDay: given(5e8), queue: 'pooled' }).size).toBe(0);
  });

  it('warns where the simulated fleet misses an objective that the plan says it meets', () => {
    const plan = (autoscaler: PlanInput['autoscaler']) => {
      const slos = parseSlos('p99=80ms');
      const curve = { values: Array.from({ length: 24 }, (_, h) => (h === 9 ? 3 : 21 / 23)), source: 'x' };
      return planCapacity({
        ...baseInput,
        workload: stated,
        types: ['c6i.large'],
        slos: slos.ok ? slos.value : [],
        simulation: { seed: 1, executions: 4_000 },
        curve,
        peakMultiplier: given(peakOf(curve)),
        ...(autoscaler === undefined ? {} : { autoscaler }),
      }).warnings.filter(({ id }) => id === 'REHEARSAL-MISS');
    };
    expect(plan(undefined)).toEqual([]);
    // One instance carries 200/s, and 173.6 come.
    expect(plan({ maxReplicas: 1, minReplicas: 1 })[0]?.evidence).toMatch(/^busiest stretch, 1 lost: \d/);
  });

  it('gives the same bytes for the same seed', () => {
    expect(JSON.stringify([...rehearsed()])).toBe(JSON.stringify([...rehearsed()]));
  });
});

describe('assumedCurve()', () => {
  it.each([1, 1.5, 2, 2.5, 3.2, 8, 20])('has a peak of %d times the mean, and no hour below 0', (peak) => {
    const curve = assumedCurve(peak);
    expect(peakOf(curve ?? { values: [1] })).toBeCloseTo(peak, 6);
    expect(Math.min(...(curve?.values ?? [-1]))).toBeGreaterThanOrEqual(0);
  });

  it('has the peaks of its powers: the mean of ((1 + sin) / 2)^k is C(2k, k) / 4^k', () => {
    // k = 2: 16 / 6 = 2.667; k = 3: 64 / 20 = 3.2. So the value 6 hours from the peak is 1/4 and 1/8 of it.
    for (const [k, peak] of [
      [2, 16 / 6],
      [3, 3.2],
    ] as const)
      expect((assumedCurve(peak)?.values[20] ?? 0) / (assumedCurve(peak)?.values[14] ?? 1)).toBeCloseTo(
        0.5 ** k,
        6,
      );
  });

  it('is none for a peak that no curve of 24 hours has', () => {
    expect(assumedCurve(21)).toBeUndefined();
  });
});

describe('placement in the simulation', () => {
  it('is the least busy of a group, the group at random: with one group the least busy of all', () => {
    const fleet: SimulationInput = {
      seed: 4,
      arrivals: { kind: 'poisson', ratePerSecond: 3 },
      stop: { kind: 'executions', count: 20_000 },
      cpu: { meanS: 1, scv: 1 },
      instances: 4,
      serversPerInstance: 1,
      queue: 'split',
    };
    const least = simulate({ ...fleet, routing: 'least-busy' });
    expect(simulate({ ...fleet, routing: { kind: 'placed', groupSize: 4 } })).toEqual(least);
    const pairs = simulate({ ...fleet, routing: { kind: 'placed', groupSize: 2 } }).wait.mean.value;
    expect(pairs).toBeGreaterThan(least.wait.mean.value);
    expect(pairs).toBeLessThan(simulate({ ...fleet, routing: 'random' }).wait.mean.value);
  });
});
