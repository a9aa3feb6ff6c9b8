import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busyAt, costAt, costLaw } from '../../src/planner/cost-law.ts';
import { queueWait } from '../../src/planner/queue-kind.ts';
import { type LoadedWait, responseModel } from '../../src/planner/response.ts';
import {
  exponentialServiceTime,
  measuredServiceTime,
  type ServiceTime,
} from '../../src/planner/service-time.ts';
import type { Workload } from '../../src/planner/workload.ts';
import { workloadFromReport } from '../../src/planner/workload.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const measured = workloadFromReport(runReport(), uniformBins(2_000), { name: 'run.json', percentiles: [] });

/** One core, 10 ms an execution, exponential, measured at these rates. */
function oneCore(anchors: readonly [rate: number, service: ServiceTime][], cpuS = 0.01): Workload {
  return {
    ...measured,
    machine: { ...measured.machine, cores: { ...measured.machine.cores, value: 1 } },
    cost: costLaw([{ ratePerSecond: 50, busy: 50 * cpuS }]),
    cpuScv: { ...measured.cpuScv, value: 1 },
    anchors: anchors.map(([ratePerCore, service]) => ({ ratePerCore, service })),
  };
}

function waitAt({ cost, cpuScv }: Workload, ratePerCore: number, vcpu = 1): LoadedWait {
  const cpuS = costAt(cost, ratePerCore);
  const busy = busyAt(cost, ratePerCore);
  const wait = queueWait({ queue: 'host', vcpu, instances: 1, busy, cpuS, cpuScv: cpuScv.value });
  if (wait === undefined) throw new Error('no steady state');
  return { ...wait, cpuS };
}

/** Response of M/M/1 with 10 ms of service: exponential with mean S / (1 - rho). */
const mm1 = (rate: number): ServiceTime => exponentialServiceTime(0.01 / (1 - rate * 0.01));
const mm1Quantile = (rate: number, p: number): number => (-Math.log(1 - p) * 0.01) / (1 - rate * 0.01);

describe('responseModel()', () => {
  it.each([
    ['between the two loads measured', [15, 70], 40],
    ['above them', [15, 70], 90],
    ['above the only one', [50], 75],
  ] as const)('is exact for M/M/1 %s', (_where, loads, rate) => {
    const workload = oneCore(loads.map((load) => [load, mm1(load)]));
    const model = responseModel(workload, 'host');
    for (const p of [0.5, 0.95, 0.99, 0.999]) {
      const exact = mm1Quantile(rate, p);
      expect((model?.quantileS(waitAt(workload, rate), p) ?? 0) / exact).toBeCloseTo(1, 9);
      expect(model?.isWithin(waitAt(workload, rate), p, exact * 1.001)).toBe(true);
      expect(model?.isWithin(waitAt(workload, rate), p, exact * 0.999)).toBe(false);
    }
  });

  it('says at the loads of the runs what they measured, and below them what the lightest did', () => {
    const slow = measuredServiceTime([{ fromS: 0.04, toS: 0.08, count: 2_000 }]);
    const workload = { ...measured, anchors: [...measured.anchors, { ratePerCore: 125, service: slow }] };
    const model = responseModel(workload, 'host');
    const median = (rate: number) => model?.quantileS(waitAt(workload, rate, 2), 0.5);
    expect(median(25)).toBeCloseTo(0.03, 12);
    expect(median(125)).toBeCloseTo(0.06, 12);
    expect(median(1)).toBeCloseTo(0.03, 12);
  });

  it('follows the cost of an execution between the loads, and counts on no lower one outside of them', () => {
    // 20 ms on an idle core, 10 ms from 50/s on: less than the straight way from 20 to 10 at 45/s.
    const service = measuredServiceTime([{ fromS: 0.03, toS: 0.03, count: 1_000 }]);
    const workload: Workload = {
      ...oneCore([
        [10, service],
        [80, service],
      ]),
      cost: costLaw([
        { ratePerSecond: 10, busy: 0.2 },
        { ratePerSecond: 50, busy: 0.5 },
        { ratePerSecond: 80, busy: 0.8 },
      ]),
    };
    const model = responseModel(workload, 'host');
    const median = (rate: number) => model?.quantileS(waitAt(workload, rate), 0.5) ?? 0;
    // Places: w = rho / (1 - rho) is 1/4, 1 and 4, so 50/s lies a fifth of the way: 18 ms expected, 10 ms found.
    expect(median(50)).toBeCloseTo(0.03 - 0.008, 12);
    expect(median(5)).toBeCloseTo(0.03, 12);
  });

  it('has nothing to say where no open load was measured', () => {
    expect(responseModel({ ...measured, anchors: [] }, 'host')).toBeUndefined();
  });

  it('rises with the percentile, whatever was measured', () => {
    const histogram = fc
      .array(
        fc.record({
          gap: fc.double({ min: 0, max: 0.05, noNaN: true }),
          width: fc.double({ min: 0, max: 0.05, noNaN: true }),
          count: fc.integer({ min: 1, max: 500 }),
        }),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => {
        let end = 0;
        return measuredServiceTime(
          parts.map(({ count, gap, width }) => {
            const fromS = end + gap;
            end = fromS + width;
            return { fromS, toS: end, count };
          }),
        );
      });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { minLength: 1, maxLength: 4 }),
        fc.array(histogram, { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0.01, max: 98, noNaN: true }),
        (loads, services, rate) => {
          const ascending = [...loads].sort((a, b) => a - b);
          const workload = oneCore(ascending.map((load, index) => [load, services[index] ?? mm1(load)]));
          const model = responseModel(workload, 'host');
          const times = [0.01, 0.5, 0.9, 0.95, 0.97, 0.99, 0.999].map(
            (p) => model?.quantileS(waitAt(workload, rate), p) ?? Number.NaN,
          );
          for (const [index, time] of times.entries())
            expect(time).toBeGreaterThanOrEqual((times[index - 1] ?? 0) * (1 - 1e-12));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });
});
