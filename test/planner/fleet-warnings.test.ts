import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { PlanInput } from '../../src/planner/plan-types.ts';
import { workloadFromRuns } from '../../src/planner/pooled-workload.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { measuredServiceTime } from '../../src/planner/service-time.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const type = {
  type: 'box',
  pricePerHourUsd: 0.1,
  vcpu: 2,
  memoryGib: 4,
  arch: 'amd64',
  burstable: false,
} as const;
const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });
const base = runReport();
const run = (changes: Partial<RunReport> = {}) => ({
  name: 'run',
  report: runReport(changes),
  bins: uniformBins(2_000),
});
const measured = workloadFromRuns([run()], { percentiles: [] });

/** 4 ms of CPU, 20 to 40 ms each, 10 % busy; a peak of 100/s on one box of two processors: 20 % busy. */
function warnings(changes: Partial<PlanInput> = {}): ReadonlyMap<string, string> {
  const plan = planCapacity({
    perDay: given(8.64e6),
    peakMultiplier: given(1),
    workload: measured,
    slos: [],
    maxUtilisation: given(0.7),
    queue: 'pooled',
    availability: { floor: 1, spares: 0, zones: 1, loseZones: 0 },
    catalogue: parseCatalogue({ region: 'r', asOf: '2026-07-20', types: [type] }),
    types: [],
    ...changes,
  });
  return new Map(plan.warnings.map(({ evidence, id }) => [id, evidence]));
}

describe('the warnings about a fleet', () => {
  it('are none about runs and limits for a small fleet near the load that was measured', () => {
    expect([...warnings().keys()]).toEqual(['EXTRAPOLATE']);
  });

  it('tell of a cost known from an idle machine only, from 2 x its load on', () => {
    // 350/s of 4 ms on two processors: 70 % busy.
    expect(warnings({ perDay: given(86_400 * 350) }).get('COST-IDLE')).toMatch(
      /measured at 10 % busy and the plan runs at 70 %/,
    );
    expect(warnings({ perDay: given(86_400 * 90) }).has('COST-IDLE')).toBe(false);
  });

  it('tell of closed runs, of two loads, and of runs that lie apart', () => {
    const closed = run({ scenario: { ...base.scenario, model: 'closed' } });
    expect(warnings({ workload: workloadFromRuns([closed], { percentiles: [] }) }).has('BENCH-CLOSED')).toBe(
      true,
    );
    const other = run({ rates: { ...base.rates, done_per_s: 300 } });
    expect(
      warnings({ workload: workloadFromRuns([run(), other], { percentiles: [] }) }).has('TWO-POINT'),
    ).toBe(true);
    const dearer = run({ cost: { ...base.cost, host_cpu_mean_us: 3_400 } });
    const apart = workloadFromRuns([run(), dearer], { percentiles: [] });
    // 4.0 and 4.4 ms: 12.706 x 0.2 / 4.2 = 60.5 %.
    expect(warnings({ workload: apart }).get('BENCH-CI')).toMatch(/2 runs .* ± 61 %/);
  });

  it('tell of separate queues that wait more than twice as long as one', () => {
    expect(warnings({ queue: 'host', perDay: given(86_400 * 340) }).get('STICKY-SPLIT')).toMatch(
      /one queue for all/,
    );
    expect(warnings({ perDay: given(86_400 * 340) }).has('STICKY-SPLIT')).toBe(false);
  });

  it('count what is in flight by Little: descriptors from 256 on, sessions from 1,000', () => {
    // 100/s of 4 s are 400, of 20 s are 2,000.
    const slow = (seconds: number) => {
      const service = measuredServiceTime([{ fromS: seconds, toS: seconds, count: 2_000 }]);
      return warnings({ workload: { ...measured, service, anchors: [] } });
    };
    expect(slow(4).get('FD-LIMIT')).toMatch(/2 x \(400 in flight \+ 256\) = 1,312/);
    expect(slow(4).has('SESSION-CAP')).toBe(false);
    expect(slow(20).get('SESSION-CAP')).toMatch(/2,000 executions/);
  });

  it('tell of host processes that are replaced all the time', () => {
    const quick = workloadFromRuns(
      [run({ cost: { ...base.cost, host_cpu_mean_us: 100, embedding_cpu_mean_us: 0 } })],
      {
        percentiles: [],
      },
    );
    // 12,000/s on two processors: 15,000 executions of a host in 2.5 s.
    expect(
      warnings({ workload: quick, perDay: given(86_400 * 12_000), maxUtilisation: given(0.9) }).get(
        'RECYCLE',
      ),
    ).toMatch(/every 2\.5 s/);
  });

  it('tell of an autoscaler that cannot reach the peak, goes too low, or lags', () => {
    const values = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1 : 3));
    const found = warnings({
      perDay: given(86_400 * 1_000),
      peakMultiplier: given(1.5),
      curve: { values, source: 'curve' },
      autoscaler: { minReplicas: 1, maxReplicas: 3 },
    });
    // 1,500/s of 4 ms: 6 / (2 x 0.7) = 4.3, so 5 boxes; 500/s: 2 boxes.
    expect(found.get('HPA-MAX')).toMatch(/stops at 3 instances, the peak needs 5/);
    expect(found.get('HPA-MIN')).toMatch(/down to 1 instances, the quietest hour needs 2/);
    expect(found.has('HPA-LAG')).toBe(true);
  });
});
