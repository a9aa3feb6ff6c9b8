// Plans of every kind that the tests walk over: measured and stated, with and without each optional part.
import { readFileSync } from 'node:fs';
import { type Catalogue, parseCatalogue } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Plan, PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { parseSlos, type Slo } from '../../src/planner/slo.ts';
import { workloadFromCapacity, workloadFromReport } from '../../src/planner/workload.ts';
import { runReport, uniformBins } from './report-fixture.ts';

export const catalogue: Catalogue = parseCatalogue(
  JSON.parse(readFileSync(new URL('../../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
);

const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });
const assumed = (value: number): Sourced => ({ value, provenance: 'assumed', source: 'default' });

/** The fixture's run: 2 cores, 50/s of 4 ms CPU, times of 20 to 40 ms. */
const measured = workloadFromReport(runReport(), uniformBins(2_000), {
  percentiles: [0.99],
  name: 'run.json',
});
const [c6i] = catalogue.types.filter(({ type }) => type === 'c6i.large');
if (c6i === undefined) throw new Error('the catalogue has no c6i.large');
const stated = workloadFromCapacity(given(200), c6i);

const slos = (text: string): readonly Slo[] => {
  const parsed = parseSlos(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};

export const baseInput: PlanInput = {
  perDay: given(5e6),
  peakMultiplier: assumed(3),
  workload: measured,
  slos: slos('p99=100ms'),
  maxUtilisation: assumed(0.85),
  queue: 'host',
  availability: { floor: 2, spares: 1, zones: 3, loseZones: 0 },
  availabilityDefaults: ['zones'],
  catalogue,
  types: [],
};

const simulation = { seed: 1, executions: 4_000 };
const uncertainty = { seed: 1, draws: 100 };

/** Hours 8 to 19 three times as busy as the others: the peak is 3 / 2 of the mean. */
const curve = {
  values: Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 20 ? 3 : 1)),
  source: 'day.csv',
};
const serverless = {
  prices: {
    name: 'functions',
    region: 'us-east-1',
    asOf: '2026-07-20',
    perMillionRequestsUsd: 0.2,
    perGbSecondUsd: { amd64: 0.0000166667, arm64: 0.0000133334 },
    freeRequestsPerMonth: 1e6,
    freeGbSecondsPerMonth: 4e5,
    roundUpToMs: 1,
  },
  memoryBytes: 2 ** 29,
};

const VARIANTS: Readonly<Record<string, Partial<PlanInput>>> = {
  'measured, all parts': { simulation, uncertainty, confidence: 0.9, growthPerYear: 0.4 },
  'measured, one type': { types: ['c6i.large'], slos: [] },
  'stated capacity': { workload: stated, slos: [], simulation, uncertainty },
  'wait and response objectives': { slos: slos('p99.9=200ms,wait95=20ms'), perDay: given(5e8), simulation },
  'pooled queue, zone loss': {
    queue: 'pooled',
    availability: { floor: 3, spares: 0, zones: 3, loseZones: 1 },
  },
  'split queue': { queue: 'split', perDay: given(5e7), simulation, uncertainty },
  'over budget': { budgetUsdPerMonth: 1 },
  'over a day, against serverless and reserved': {
    curve,
    peakMultiplier: given(1.5),
    perDay: given(2e8),
    serverless,
    reservedDiscount: 0.4,
    fixedUsdPerMonth: 100,
  },
  'shrinking, tiny': { perDay: given(1), growthPerYear: -0.5, uncertainty },
};

export const corpus: readonly (readonly [name: string, make: () => Plan])[] = Object.entries(VARIANTS).map(
  ([name, changes]) => [name, () => planCapacity({ ...baseInput, ...changes })],
);
