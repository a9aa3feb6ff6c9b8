import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plannedWorkload, workloadOfPlan } from '../../src/planner/planned-workload.ts';
import { measuredServiceTime } from '../../src/planner/service-time.ts';
import type { Workload } from '../../src/planner/workload.ts';
import { baseInput } from './plan-corpus.ts';

const bin = fc.record({
  gapUs: fc.integer({ min: 0, max: 100_000 }),
  widthUs: fc.integer({ min: 0, max: 4_096 }),
  count: fc.integer({ min: 1, max: 1_000_000 }),
});

describe('plannedWorkload()', () => {
  it('comes back through JSON with every bin it had', () => {
    fc.assert(
      fc.property(fc.array(bin, { minLength: 1, maxLength: 50 }), (bins) => {
        let end = 0;
        const service = measuredServiceTime(
          bins.map(({ count, gapUs, widthUs }) => {
            const from = end + gapUs;
            end = from + widthUs;
            return { fromS: from / 1e6, toS: end / 1e6, count };
          }),
        );
        const workload: Workload = {
          ...baseInput.workload,
          service,
          anchors: [{ ratePerCore: 25, service }],
        };
        const back = workloadOfPlan(JSON.parse(JSON.stringify(plannedWorkload(workload))));
        expect(back).toEqual(workload);
      }),
    );
  });

  it('refuses a histogram that was changed by hand', () => {
    const { service, ...rest } = plannedWorkload(baseInput.workload);
    const broken = { ...service, bins: '20000,20000,2000 oops' };
    expect(() => workloadOfPlan({ ...rest, service: broken })).toThrow(
      /gap,width,count, got "oops" as number 2/,
    );
  });
});
