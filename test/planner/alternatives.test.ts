import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { parseServerlessPrices } from '../../src/planner/alternatives.ts';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Plan, PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../catalogue/${file}`, import.meta.url), 'utf8'));
const shipped = parseServerlessPrices(read('serverless.json'));
const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });
const box = { pricePerHourUsd: 0.0725, vcpu: 2, memoryGib: 4, arch: 'amd64', burstable: false } as const;
const catalogue = parseCatalogue({ region: 'r', asOf: '2026-07-20', types: [{ ...box, type: 'box' }] });
const noFreeTier = { ...shipped, freeRequestsPerMonth: 0, freeGbSecondsPerMonth: 0 };

/** 2 vCPU / 125 per second: 16 ms each; three boxes whatever the volume here. */
function plan(changes: Partial<PlanInput> = {}): Plan {
  return planCapacity({
    perDay: given(1e6),
    peakMultiplier: given(1),
    workload: workloadFromCapacity(given(125), { ...box, type: 'box' }),
    slos: [],
    maxUtilisation: given(0.7),
    queue: 'pooled',
    availability: { floor: 3, spares: 0, zones: 3, loseZones: 0 },
    catalogue,
    types: [],
    serverless: { prices: noFreeTier, memoryBytes: 512 * 2 ** 20 },
    ...changes,
  });
}

describe('the serverless comparison', () => {
  it('bills 16 ms at 512 MiB with $0.333 a million, which three boxes at $5.22 a day reach at 15.66M a day', () => {
    const { serverless } = plan().alternatives;
    // 0.2 + 1e6 x 0.016 x 0.5 x 0.0000166667.
    expect(serverless?.usdPerMillion).toBeCloseTo(0.333_333_6, 7);
    expect(serverless?.billedMs).toBe(16);
    expect((serverless?.fleetCheaperFromPerDay ?? 0) / 15.66e6).toBeCloseTo(1, 3);
    // Three boxes carry 3 x 125/s = 32.4M a day, when their limit is left out.
    expect(serverless?.isWithinFleet).toBe(true);
  });

  it('takes the free part off the month', () => {
    const { serverless } = plan({ serverless: { prices: shipped, memoryBytes: 2 ** 30 } }).alternatives;
    const perMonth = (1e6 * 730) / 24;
    const expected = ((perMonth - 1e6) / 1e6) * 0.2 + (perMonth * 0.016 - 400_000) * 0.000_016_666_7;
    expect(serverless?.usdPerMonth).toBeCloseTo(expected, 9);
  });

  it('refuses prices with every problem', () => {
    const bad = () => parseServerlessPrices({ name: 'x', perGbSecondUsd: { amd64: -1 } });
    expect(bad).toThrow(EnclaveError);
    for (const path of ['region', 'asOf', 'perGbSecondUsd.amd64', 'perGbSecondUsd.arm64'])
      expect(bad).toThrow(path);
  });
});

describe('reserved instances', () => {
  it('cost their discount less when all run all the time', () => {
    const { reserved } = plan({ reservedDiscount: 0.4 }).alternatives;
    expect(reserved?.reserved).toBe(3);
    expect(reserved?.usdPerMonth).toBeCloseTo(0.6 * 3 * 0.0725 * 730, 6);
  });

  it('pay only for instances that run more of the hours than 1 - discount', () => {
    const values = Array.from({ length: 24 }, (_, hour) => (hour >= 6 && hour < 18 ? 3 : 1));
    const busy = plan({
      perDay: given(3e7),
      peakMultiplier: given(1.5),
      curve: { values, source: 'curve' },
      availability: { floor: 1, spares: 0, zones: 1, loseZones: 0 },
      reservedDiscount: 0.4,
    });
    const { reserved } = busy.alternatives;
    const day = busy.day;
    // Half of the fleet runs for about half of the hours: less than 60 %.
    expect(reserved?.reserved).toBeGreaterThanOrEqual(day?.autoscaled.minReplicas ?? 0);
    expect(reserved?.reserved).toBeLessThan(busy.verdict.instances);
    expect(reserved?.usdPerMonth).toBeLessThan(day?.autoscaled.usdPerMonth ?? 0);
  });
});

describe('fixed costs', () => {
  it('are in every cost and count against the budget', () => {
    const fleet = 3 * 0.0725 * 730;
    const costly = plan({ fixedUsdPerMonth: 100, budgetUsdPerMonth: fleet + 99 });
    expect(costly.verdict.usdPerMonth).toBeCloseTo(fleet + 100, 6);
    expect(costly.verdict.status).toBe('over budget');
    expect(costly.ladder.find(({ id }) => id === 'cost-month')?.inputs).toMatch(/\+ \$100/);
  });
});

describe('the Pareto mark', () => {
  it('is on types that no other beats in cost and p99 together', () => {
    const types = [
      { ...box, type: 'slow', pricePerHourUsd: 0.01, vcpu: 2 },
      { ...box, type: 'dear', pricePerHourUsd: 0.5, vcpu: 2 },
      { ...box, type: 'big', pricePerHourUsd: 0.2, vcpu: 16 },
    ];
    const marked = plan({
      perDay: given(2e7),
      catalogue: parseCatalogue({ region: 'r', asOf: '2026-07-20', types }),
    }).types.filter(({ isPareto }) => isPareto);
    // `dear` is `slow` at fifty times the price; `big` is dearer and less busy.
    expect(marked.map(({ type }) => type).sort()).toEqual(['big', 'slow']);
  });
});
