import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { availableFleet } from '../../src/planner/availability.ts';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { formatUsd, scale, times, toUsd, usd } from '../../src/planner/money.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromCapacity, workloadFromReport } from '../../src/planner/workload.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const catalogue = parseCatalogue(
  JSON.parse(readFileSync(new URL('../../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
);
const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });
const measured = workloadFromReport(runReport(), uniformBins(2_000), {
  percentiles: [0.99],
  name: 'run.json',
});

function input(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    perDay: given(5e6),
    peakMultiplier: given(3),
    workload: measured,
    slos: [],
    maxUtilisation: given(0.7),
    queue: 'pooled',
    availability: { floor: 2, spares: 1, zones: 3, loseZones: 0 },
    catalogue,
    types: ['c6i.large'],
    ...changes,
  };
}

const slo = (text: string) => {
  const parsed = parseSlos(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};

const step = (plan: ReturnType<typeof planCapacity>, id: string) =>
  plan.ladder.find((entry) => entry.id === id);

describe('planCapacity()', () => {
  it('follows the ladder of the tools figures of the Enclave guide: 1.240 instances, 2 needed, 3 bought', () => {
    const server = {
      ...catalogue.types[0],
      type: 'server',
      vcpu: 8,
      pricePerHourUsd: 0.1,
      memoryGib: 16,
      arch: 'amd64',
      burstable: false,
    } as const;
    const workload = workloadFromCapacity({ value: 200, provenance: 'published', source: 'guide' }, server);
    const plan = planCapacity(input({ workload, catalogue: { ...catalogue, types: [server] }, types: [] }));
    expect(step(plan, 'mean-rate')?.value).toBeCloseTo(57.870_370_37, 6);
    expect(step(plan, 'peak-rate')?.value).toBeCloseTo(173.611_111_11, 6);
    expect(step(plan, 'instances-raw')?.value).toBeCloseTo(1.240_079_365_079_365, 9);
    expect(step(plan, 'instances-needed')?.value).toBe(2);
    expect(plan.verdict.instances).toBe(3);
    // 3 x 0.1 x 730; per million 219 / (5 x 730 / 24).
    expect(plan.verdict.usdPerMonth).toBeCloseTo(219, 9);
    expect(plan.verdict.usdPerMillion).toBeCloseTo(1.44, 9);
  });

  it('sizes for the mean at the peak and prices by the mean volume', () => {
    const plan = planCapacity(input());
    // A = 173.611 x 4 ms = 0.694 erlang; one instance of 2 vCPU at 70 % carries 1.4.
    expect(step(plan, 'offered-load')?.value).toBeCloseTo(0.694_444, 6);
    expect(plan.verdict.instances).toBe(2);
    expect(plan.types[0]?.utilisationMean).toBeCloseTo((plan.types[0]?.utilisationPeak ?? 0) / 3, 12);
  });

  it('keeps the measured times where processors are idler than in the run, 39.8 ms at p99, and adds the wait where they are busier', () => {
    const plan = planCapacity(input({ slos: slo('p99=60ms') }));
    const p99 = plan.verdict.predictions.find(({ p }) => p === 0.99);
    expect(p99?.valueMs).toBeCloseTo(39.8, 9);
    expect(p99?.degradedMs).toBeGreaterThan(39.8);
    expect(p99?.limitMs).toBe(60);
  });

  it('says that no number of machines will do when the service alone is too slow', () => {
    const plan = () => planCapacity(input({ slos: slo('p99=39ms') }));
    expect(plan).toThrow(EnclaveError);
    expect(plan).toThrow(/INFEASIBLE.*no number of machines meets p99=39ms: p99 is 39\.8 ms/);
  });

  it('names every objective that is out of reach, and any percentile may be asked for', () => {
    // Uniform on 20 to 40 ms: p50 30 ms, p99.9 39.98 ms.
    expect(() => planCapacity(input({ slos: slo('p50=29ms,p95=100ms,p99.9=39ms') }))).toThrow(
      /no number of machines meets p50=29ms and p99\.9=39ms: p50 is 30(\.0)? ms and p99\.9 is 4?[0-9.]+ ms/,
    );
    const plan = planCapacity(input({ slos: slo('p50=35ms,p99.9=60ms') }));
    expect(plan.verdict.predictions.filter(({ limitMs }) => limitMs !== null).map(({ p }) => p)).toEqual([
      0.5, 0.999,
    ]);
  });

  it('derives the busy share that the objectives allow: for a wait of M/M/1, in closed form', () => {
    const mm1 = { ...measured, cpuScv: given(1), anchors: [] };
    const at = (limit: number) =>
      planCapacity(
        input({
          workload: mm1,
          slos: slo('wait99=30ms'),
          queue: 'host',
          maxUtilisation: given(limit),
          perDay: given(1e9),
        }),
      );
    // P(W > t) = rho e^(-(1 - rho) t / S), S = 4 ms, t = 30 ms: 0.01 at rho = 0.483.
    const rho = 0.483;
    expect(rho * Math.exp((-(1 - rho) * 30) / 4)).toBeCloseTo(0.01, 3);
    expect(step(at(0.95), 'utilisation-objectives')?.value).toBeCloseTo(100 * rho, 0);
    expect(at(0.95).types[0]?.binding).toBe('objective');
  });

  it('refuses a machine of more than twice the measured cores, unless told to extrapolate', () => {
    const large = (extrapolate: boolean) => planCapacity(input({ types: ['r5.4xlarge'], extrapolate }));
    expect(() => large(false)).toThrow(
      /types: expected at most 4 vCPUs, twice the 2 .* got r5\.4xlarge with 16/,
    );
    expect(large(true).verdict.type).toBe('r5.4xlarge');
  });

  it('needs more instances behind a balancer than behind one queue', () => {
    const at = (queue: 'pooled' | 'split') =>
      planCapacity(input({ perDay: given(2e9), slos: slo('wait99=5ms'), maxUtilisation: given(0.95), queue }))
        .verdict.instances;
    expect(at('split')).toBeGreaterThan(at('pooled'));
  });

  it('is bound by the dispatch thread of an instance when its processors are many', () => {
    const plan = planCapacity(input({ perDay: given(1e9), types: ['r5.4xlarge'], extrapolate: true }));
    // 34,722/s x 1 ms / 0.7 = 49.6 threads against 34,722 x 4 ms / (16 x 0.7) = 12.4 instances.
    expect(plan.types[0]?.binding).toBe('dispatch thread');
    expect(plan.types[0]?.needed).toBe(50);
  });

  it('chooses the cheapest type of the tested kind and says what speaks against the others', () => {
    const plan = planCapacity(input({ types: [] }));
    expect(plan.verdict.type).toBe('c5.large');
    const doubts = new Map(plan.types.map((type) => [type.type, type.doubts]));
    expect(doubts.get('t3.small')).toEqual(['burstable']);
    expect(doubts.get('c7g.large')).toEqual(['other architecture']);
    expect(doubts.get('r5.4xlarge')).toEqual(['more vCPUs than twice the tested']);
  });

  it('never cuts a plan down to a budget', () => {
    const plan = planCapacity(input({ budgetUsdPerMonth: 1 }));
    expect(plan.verdict.status).toBe('over budget');
    expect(plan.verdict.instances).toBe(2);
  });

  it('marks a result by its weakest input', () => {
    const plan = planCapacity(input({ peakMultiplier: { ...given(3), provenance: 'assumed' } }));
    expect(step(plan, 'mean-rate')?.provenance).toBe('given');
    expect(step(plan, 'peak-rate')?.provenance).toBe('assumed');
    expect(step(plan, 'cpu-per-execution')?.provenance).toBe('measured');
  });

  it('gives the same bytes for the same input', () => {
    expect(JSON.stringify(planCapacity(input({ types: [] })))).toBe(
      JSON.stringify(planCapacity(input({ types: [] }))),
    );
  });

  it('never needs fewer instances for more volume', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e10, noNaN: true }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (volume, factor) => {
          const need = (value: number) =>
            planCapacity(input({ perDay: given(value), slos: slo('p99=50ms') })).verdict.instances;
          expect(need(volume * factor)).toBeGreaterThanOrEqual(need(volume));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('refuses a bad input with every problem', () => {
    const bad = () =>
      planCapacity(input({ perDay: given(-1), peakMultiplier: given(0.5), maxUtilisation: given(2) }));
    expect(bad).toThrow(/perDay/);
    expect(bad).toThrow(/peakMultiplier/);
    expect(bad).toThrow(/maxUtilisation/);
  });
});

describe('availableFleet()', () => {
  it.each([
    [6, { floor: 2, spares: 0, zones: 3, loseZones: 1 }, 9],
    [4, { floor: 2, spares: 0, zones: 2, loseZones: 1 }, 8],
    [2, { floor: 2, spares: 1, zones: 3, loseZones: 0 }, 3],
    [1, { floor: 3, spares: 1, zones: 3, loseZones: 0 }, 3],
    [5, { floor: 2, spares: 4, zones: 3, loseZones: 1 }, 9],
  ])('makes %i instances with %o into %i', (needed, goal, expected) => {
    expect(availableFleet(needed, goal).instances).toBe(expected);
  });

  it('refuses to survive the loss of every zone', () => {
    expect(() => availableFleet(2, { floor: 1, spares: 0, zones: 3, loseZones: 3 })).toThrow(/loseZones/);
  });
});

describe('parseSlos()', () => {
  it('reads objectives for the response and the wait', () => {
    expect(slo('p99=100ms,wait95<50ms p99.9<=1s')).toMatchObject([
      { metric: 'response', p: 0.99, limitMs: 100 },
      { metric: 'wait', p: 0.95, limitMs: 50 },
      { metric: 'response', p: 0.999, limitMs: 1_000 },
    ]);
  });

  it.each(['', 'p99', 'p100=1s', 'p0=1s', 'p99=0ms', 'p99=100', 'p99=-5ms', 'mean=5ms', 'p99=5m'])(
    'refuses %j',
    (text) => {
      expect(parseSlos(text).ok).toBe(false);
    },
  );
});

describe('money', () => {
  it('multiplies prices without an error', () => {
    expect(formatUsd(times(times(usd(0.0725), 730), 6))).toBe('$317.55');
    expect(toUsd(usd(0.000_016_666_7))).toBe(0.000_016_666_7);
    expect(formatUsd(scale(usd(10), 1, 3), 4)).toBe('$3.3333');
  });

  it('rounds half to even, once, at print', () => {
    expect([0.125, 0.135, 0.145].map((amount) => formatUsd(usd(amount)))).toEqual([
      '$0.12',
      '$0.14',
      '$0.14',
    ]);
    expect(formatUsd(usd(-1_234.5))).toBe('-$1,234.50');
    expect(formatUsd(usd(999.999), 0)).toBe('$1,000');
  });
});

describe('parseCatalogue()', () => {
  it('lists every problem with its path', () => {
    const bad = () =>
      parseCatalogue({ types: [{ type: 'x', pricePerHourUsd: -1, vcpu: '2', memoryGib: 4, arch: 'mips' }] });
    for (const path of ['types[0].pricePerHourUsd', 'types[0].vcpu', 'types[0].arch', 'asOf', 'region'])
      expect(bad).toThrow(path);
  });

  it.each([null, 7, [], { types: [] }])('refuses %j', (data) => {
    expect(() => parseCatalogue(data)).toThrow(EnclaveError);
  });
});

describe('the three checks of a plan', () => {
  it('find approximation and simulation in agreement for a busy fleet', () => {
    const plan = planCapacity(
      input({
        perDay: given(2e7),
        slos: slo('p99=60ms'),
        maxUtilisation: given(0.85),
        simulation: { seed: 1, executions: 20_000 },
      }),
    );
    expect(plan.checks.map(({ name }) => name)).toEqual([
      'mean wait',
      'p50 response',
      'p95 response',
      'p99 response',
    ]);
    expect(plan.checks.filter(({ agrees }) => !agrees)).toEqual([]);
    for (const { simulatedMs } of plan.checks.slice(1)) {
      expect(simulatedMs.low).toBeGreaterThan(19);
      expect(simulatedMs.high).toBeLessThan(60);
    }
  });

  it('show a difference and warn: a tail that two moments do not tell', () => {
    const wild = { ...measured, cpuScv: given(40) };
    const plan = planCapacity(
      input({
        workload: wild,
        perDay: given(2e7),
        maxUtilisation: given(0.9),
        simulation: { seed: 1, executions: 20_000 },
      }),
    );
    const differing = plan.checks.filter(({ agrees }) => !agrees).length;
    expect(plan.warnings.filter(({ id }) => id === 'MODELS-DIFFER')).toHaveLength(differing);
    expect(plan.warnings.map(({ id }) => id)).toContain('HIGH-SCV');
  });
});

describe('the sensitivity of a plan', () => {
  it('names the factor by which each input may grow: without an objective, until no processor is idle', () => {
    const plan = planCapacity(input());
    const volume = plan.sensitivity.find(({ name }) => name === 'volume');
    // 2 instances x 2 vCPU / 0.694 erlang = 5.76; one instance alone 2.88.
    expect(volume?.mayGrowBy ?? 0).toBeCloseTo(5.76, 1);
    expect(volume?.mayGrowByDegraded ?? 0).toBeCloseTo(2.88, 1);
    expect(plan.sensitivity.find(({ name }) => name === 'service time')?.mayGrowBy).toBeNull();
  });

  it('is bound by the service time where the objective is near it', () => {
    const plan = planCapacity(input({ slos: slo('p99=60ms') }));
    const service = plan.sensitivity.find(({ name }) => name === 'service time');
    // p99 of the run is 39.8 ms at much the same wait: 60 / 39.8 = 1.508.
    expect(service?.mayGrowBy).toBeCloseTo(1.508, 1);
  });

  it('plans other volumes and peaks like the plan itself', () => {
    const plan = planCapacity(input());
    expect(plan.sweep).toHaveLength(30);
    expect(plan.sweep.find(({ peak, perDay }) => peak === 3 && perDay === 5e6)?.instances).toBe(
      plan.verdict.instances,
    );
    const double = planCapacity(input({ perDay: given(1e7), peakMultiplier: given(10) }));
    expect(plan.sweep.find(({ peak, perDay }) => peak === 10 && perDay === 1e7)?.usdPerMonth).toBe(
      double.verdict.usdPerMonth,
    );
  });
});
