// What holds for every plan, whatever it is asked for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { Plan, PlanInput } from '../../src/planner/plan-types.ts';
import { workloadFromRuns } from '../../src/planner/pooled-workload.ts';
import { QUEUE_KINDS } from '../../src/planner/queue-kind.ts';
import type { Bin } from '../../src/planner/service-time.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromCapacity, workloadFromReport } from '../../src/planner/workload.ts';
import { baseInput, catalogue } from './plan-corpus.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const base = runReport();

/** An open run of 4 ms of CPU on 2 cores whose times are those of M/M/1 per core beside 20 ms of delay. */
function run(ratePerSecond: number) {
  const meanS = 0.004 / (1 - (ratePerSecond / 2) * 0.004);
  const bins = Array.from({ length: 100 }, (_, index): Bin => {
    const edge = (at: number) => 0.02 - meanS * Math.log1p(-at / 100.001);
    return { fromS: edge(index), toS: edge(index + 1), count: 200 };
  });
  const report = { ...base, rates: { ...base.rates, done_per_s: ratePerSecond } };
  return { name: `${ratePerSecond}/s`, report, bins };
}

const [c6i] = catalogue.types.filter(({ type }) => type === 'c6i.large');
if (c6i === undefined) throw new Error('the catalogue has no c6i.large');

const workloads: readonly PlanInput['workload'][] = [
  workloadFromReport(base, uniformBins(20_000), { percentiles: [0.999], name: 'run.json' }),
  workloadFromRuns([run(50), run(200), run(350)], { percentiles: [0.999] }),
  workloadFromCapacity({ value: 200, provenance: 'given', source: 'test' }, c6i),
];

/** Log-uniform. */
const between = (low: number, high: number) =>
  fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);

const inputs = fc
  .record({
    perDay: between(0.01, 1e10),
    peak: between(1, 50),
    workload: fc.constantFrom(...workloads),
    queue: fc.constantFrom(...QUEUE_KINDS),
    slos: fc.constantFrom('', 'p99=100ms', 'p50=45ms,p99.9=400ms', 'wait95=1ms'),
    maxUtilisation: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
    spares: fc.integer({ min: 0, max: 3 }),
    zones: fc.integer({ min: 2, max: 4 }),
    loseZones: fc.integer({ min: 0, max: 1 }),
    types: fc.constantFrom<readonly string[]>(['c6i.large'], ['c6i.xlarge', 'm6i.large'], []),
  })
  .map(({ loseZones, maxUtilisation, peak, perDay, slos, spares, zones, ...rest }): PlanInput => {
    const parsed = slos === '' ? undefined : parseSlos(slos);
    const given = (value: number) => ({ value, provenance: 'given', source: 'test' }) as const;
    return {
      ...baseInput,
      ...rest,
      perDay: given(perDay),
      peakMultiplier: given(peak),
      slos: parsed?.ok === true ? parsed.value : [],
      maxUtilisation: given(maxUtilisation),
      availability: { floor: 1, spares, zones, loseZones },
    };
  });

/** Undefined where there is no such plan: no fleet is large enough. */
function planned(input: PlanInput): Plan | undefined {
  try {
    return planCapacity(input);
  } catch (error) {
    if (error instanceof EnclaveError && error.code === 'INFEASIBLE') return undefined;
    throw error;
  }
}

const property = (check: (input: PlanInput) => void) =>
  fc.assert(fc.property(inputs, check), { seed: 11, numRuns: 120 });

describe('any plan', () => {
  it('predicts percentiles that rise with the share, all up and spares lost, and are no quicker with spares lost', () => {
    property((input) => {
      for (const { predictions } of planned(input)?.types ?? []) {
        const responses = predictions
          .filter(({ metric, valueMs }) => metric === 'response' && valueMs !== null)
          .sort((a, b) => a.p - b.p);
        for (const [index, { degradedMs, valueMs }] of responses.entries()) {
          const before = responses[index - 1];
          expect(valueMs ?? 0).toBeGreaterThanOrEqual((before?.valueMs ?? 0) * (1 - 1e-9));
          expect(degradedMs ?? 0).toBeGreaterThanOrEqual((before?.degradedMs ?? 0) * (1 - 1e-9));
          expect(degradedMs ?? 0).toBeGreaterThanOrEqual((valueMs ?? 0) * (1 - 1e-9));
        }
      }
    });
  });

  it('meets every objective with the instances that the load needs, and buys no fewer than those', () => {
    property((input) => {
      for (const type of planned(input)?.types ?? []) {
        expect(type.instances).toBeGreaterThanOrEqual(type.needed);
        for (const { degradedMs, limitMs } of type.predictions)
          if (limitMs !== null) expect(degradedMs ?? 0).toBeLessThanOrEqual(limitMs * (1 + 1e-9));
      }
    });
  });

  it('needs no fewer instances, and no less money, for more volume', () => {
    property((input) => {
      const less = planned(input);
      const more = planned({ ...input, perDay: { ...input.perDay, value: 1.7 * input.perDay.value } });
      for (const { instances, type, usdPerMonth } of more?.types ?? []) {
        const before = less?.types.find((other) => other.type === type);
        expect(instances).toBeGreaterThanOrEqual(before?.instances ?? Infinity);
        expect(usdPerMonth).toBeGreaterThanOrEqual(before?.usdPerMonth ?? Infinity);
      }
    });
  });

  it('needs no fewer instances for a stricter objective, for another spare, or for a zone more to lose', () => {
    property((input) => {
      const stricter = input.slos.map((slo) => ({ ...slo, limitMs: 0.9 * slo.limitMs }));
      const { availability } = input;
      for (const harder of [
        { ...input, slos: stricter },
        { ...input, availability: { ...availability, spares: availability.spares + 1 } },
        { ...input, availability: { ...availability, loseZones: 1 } },
      ]) {
        const less = planned(input);
        for (const { instances, type } of planned(harder)?.types ?? [])
          expect(instances).toBeGreaterThanOrEqual(
            less?.types.find((other) => other.type === type)?.instances ?? Infinity,
          );
      }
    });
  });
});
