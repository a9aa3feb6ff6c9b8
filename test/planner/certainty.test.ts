import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { wilson } from '../../src/planner/certainty.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Certainty, PlanInput } from '../../src/planner/plan-types.ts';
import type { Provenance, Sourced } from '../../src/planner/provenance.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromReport } from '../../src/planner/workload.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const catalogue = parseCatalogue(
  JSON.parse(readFileSync(new URL('../../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
);
const number = (value: number, provenance: Provenance): Sourced => ({ value, provenance, source: 'test' });

/** 4 ms of CPU an execution, times of 20 to 40 ms. */
function certainty(slo: string, peak: Provenance, changes: Partial<PlanInput> = {}): Certainty | null {
  const slos = parseSlos(slo);
  return planCapacity({
    perDay: number(50e6, 'given'),
    peakMultiplier: number(3, peak),
    workload: workloadFromReport(runReport(), uniformBins(2_000), { name: 'test', percentiles: [0.99] }),
    slos: slos.ok ? slos.value : [],
    maxUtilisation: number(0.85, 'given'),
    queue: 'host',
    availability: { floor: 2, spares: 1, zones: 3, loseZones: 0 },
    catalogue,
    types: ['c6i.large'],
    uncertainty: { seed: 1, draws: 400 },
    ...changes,
  }).certainty;
}

describe('certainty of a plan', () => {
  it('gives the interval of Wilson for 8 of 10: 0.490 to 0.943', () => {
    // Newcombe, Statistics in Medicine 17 (1998): the score interval, worked out by hand.
    const { high, low, value } = wilson(8, 10);
    expect([value, low, high].map((share) => share.toFixed(3))).toEqual(['0.800', '0.490', '0.943']);
  });

  it('is all but certain with a wide objective and measured inputs, and names no spread of given ones', () => {
    const sure = certainty('p99=200ms', 'given');
    expect(sure?.meets.value).toBe(1);
    expect(sure?.meets.low).toBeGreaterThan(0.98);
    expect(sure?.inputs.map(({ name }) => name)).toEqual(['CPU per execution', 'service times']);
  });

  it('is less certain the more is assumed, and says which measurement would tell most', () => {
    const sure = certainty('p99=80ms', 'given');
    const unsure = certainty('p99=80ms', 'assumed');
    expect(unsure?.measureNext).toBe('peak');
    expect(unsure?.meetsDegraded.value).toBeLessThan(sure?.meetsDegraded.value ?? 0);
    const width = (entry: Certainty | null) =>
      (entry?.instances.within95[1] ?? 0) - (entry?.instances.within95[0] ?? 0);
    expect(width(unsure)).toBeGreaterThan(width(sure));
  });

  it('names the instances that the asked confidence would take', () => {
    const asked = certainty('p99=80ms', 'assumed', { confidence: 0.99 });
    expect(asked?.asked).toBe(0.99);
    expect(asked?.instancesForAsked).toBeGreaterThan(asked?.instances.median ?? Infinity);
  });

  it('gives the same for the same seed', () => {
    expect(certainty('p99=80ms', 'assumed')).toEqual(certainty('p99=80ms', 'assumed'));
  });
});
