import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { workloadFromCapacity } from '../../src/planner/workload.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { measuredRuns } from '../../src/verify/measured-runs.ts';
import { predictCapacity, predictMachine } from '../../src/verify/predict-machine.ts';
import { scaleTo } from '../../src/verify/verification.ts';
import { verifyPrediction } from '../../src/verify/verify-prediction.ts';
import { catalogue } from '../planner/plan-corpus.ts';
import { runReport } from '../planner/report-fixture.ts';

const [type] = catalogue.types.filter(({ type: name }) => name === 'c6i.large');
if (type === undefined) throw new Error('the catalogue has no c6i.large');
/** 10 ms of CPU on each of two cores. */
const workload = workloadFromCapacity({ value: 200, provenance: 'given', source: 'test' }, type);

/** A run whose times are `values` µs, with 4 ms of CPU an execution. */
function run(values: readonly number[], changes: Partial<RunReport> = {}): RunReport {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e8,
    numberOfSignificantValueDigits: 3,
  });
  for (const value of values) histogram.recordValue(value);
  const none = { p50_us: null, p75_us: null, p90_us: null, p95_us: null, p99_us: null, p99_9_us: null };
  const base = runReport();
  return {
    ...base,
    counts: {
      ...base.counts,
      asked_n: values.length,
      sent_n: values.length,
      done_n: values.length,
      ok_n: values.length,
    },
    latency: [
      {
        ...none,
        metric: 'service',
        scope: 'all',
        n: values.length,
        censored_n: 0,
        mean_us: null,
        min_us: null,
        max_us: null,
        not_given: {},
        hdr_v2: encodeIntoCompressedBase64(histogram),
      },
    ],
    ...changes,
  };
}

const spread = (count: number, fromUs: number, toUs: number): number[] =>
  Array.from({ length: count }, (_, index) => fromUs + Math.floor(((toUs - fromUs) * index) / count));

describe('predictMachine()', () => {
  const load = { workload, cores: 2, ratePerSecond: 120, queue: 'host', samples: 1_000_000 } as const;

  it('is M/M/1 for each of two host processes: response times are exponential with rate mu - lambda', () => {
    // mu = 100/s, lambda = 60/s per host: p = 1 - e^(-40 t), so t = -ln(1 - p) / 40.
    for (const { metric, value } of predictMachine(load)) {
      if (metric === 'utilisation') expect(value).toBeCloseTo(0.6, 12);
      else expect(value).toBeCloseTo((-1_000 * Math.log(1 - Number(metric.slice(1)) / 100)) / 40, 6);
    }
  });

  it('sets the band 10 % around the two bounds when samples abound', () => {
    const p50 = predictMachine({ ...load, samples: 1e12 }).find(({ metric }) => metric === 'p50');
    expect(p50?.high).toBeCloseTo((1.1 * 1_000 * Math.LN2) / 40, 2);
    // One queue for both cores, M/M/2 with rho = 0.6: Erlang C = 2 rho^2 / (1 + rho) = 0.45, theta = 0.8 in units of S.
    // P(T > t) = e^-t + 0.45 (e^-0.8t - e^-t) / 0.2 = 0.5 at t = 1.152714.
    const median = 1.152714;
    expect(Math.exp(-median) + (0.45 * (Math.exp(-0.8 * median) - Math.exp(-median))) / 0.2).toBeCloseTo(
      0.5,
      4,
    );
    expect(p50?.low).toBeCloseTo(0.9 * 10 * median, 2);
  });

  it('widens the band with few samples, and gives no upper end where the sample cannot have one', () => {
    const few = predictMachine({ ...load, samples: 100 });
    const many = predictMachine(load);
    expect(few[0]?.low).toBeLessThan(many[0]?.low ?? 0);
    expect(few.find(({ metric }) => metric === 'p99')?.high).toBeNull();
  });

  it('has no value for a load that the cores cannot carry', () => {
    expect(predictMachine({ ...load, ratePerSecond: 200 })[0]).toMatchObject({ value: null, high: null });
  });

  it('takes as capacity what closed runs reached, and without one all cores busy', () => {
    const full = { ...workload, saturation: { inFlight: 16, ratePerCore: 90 } };
    expect(predictCapacity({ workload: full, cores: 4, samples: 1e12 })).toMatchObject({ value: 360 });
    expect(predictCapacity({ workload, cores: 4, samples: 1e12 })).toMatchObject({ value: 400 });
  });
});

describe('scaleTo()', () => {
  it('keeps the rate per core, and says when a machine is smaller than an instance', () => {
    const half = scaleTo(2, { peakPerSecond: 300 }, { needed: 3, vcpu: 4 });
    expect(half).toEqual({ vcpu: 4, instancePerSecond: 100, factor: 0.5, isFull: false });
    expect(scaleTo(4, { peakPerSecond: 300 }, { needed: 3, vcpu: 4 }).isFull).toBe(true);
  });
});

describe('measuredRuns()', () => {
  it('takes several runs as one sample', () => {
    const runs = measuredRuns([run(spread(500, 10_000, 20_000)), run(spread(500, 20_000, 30_000))]);
    expect(runs.samples).toBe(1_000);
    expect(runs.quantileMs(0.5)).toBeCloseTo(20, 1);
    expect(runs.quantileMs(0.99)).toBeCloseTo(29.8, 1);
    expect(runs.cpuPerExecutionS).toBe(0.004);
    expect(runs.faults).toEqual([]);
  });

  it('names runs that do not count, and why', () => {
    const checks = [{ id: 'other-cpu', value: 0.5, limit: 0.05, unit: 'ratio', state: 'failed' }] as const;
    const noisy = run([1_000], { validity: { valid: false, generator_limited: false, checks } });
    const { counts } = run(spread(100, 1, 2));
    const failing = run(spread(100, 1, 2), { counts: { ...counts, ok_n: 90 } });
    expect(measuredRuns([noisy, failing]).faults).toEqual([
      'run 1: declared itself invalid (other-cpu)',
      'run 2: 10 of 100 executions failed, were dropped or abandoned; at most 1 % may',
    ]);
  });
});

describe('verifyPrediction()', () => {
  const options = {
    workload,
    queue: 'host',
    cores: 2,
    ratePerSecond: 50,
    runs: 2,
    withCapacity: true,
  } as const;

  it('makes the runs and one saturated run, and judges each number by its band', async () => {
    const loads: unknown[] = [];
    const { numbers, samples } = await verifyPrediction({
      ...options,
      run: async (load) => {
        loads.push(load);
        return run(spread(1_000, 1_000, 1_100));
      },
    });
    // 200/s x 10 ms x 2 = 4 in flight would saturate; 8 a core is the least.
    expect(loads).toEqual([{ ratePerSecond: 50 }, { ratePerSecond: 50 }, { concurrency: 16 }]);
    expect(samples).toBe(2_000);
    expect(numbers.map(({ metric }) => metric)).toEqual(['p50', 'p95', 'p99', 'utilisation', 'capacity']);
    // Times of 1 ms where 9 are foretold; 50/s x 4 ms / 2 cores = 10 % where 25 % are; 50/s done where 200 are.
    expect(numbers.every(({ isInside }) => isInside === false)).toBe(true);
    expect(numbers.find(({ metric }) => metric === 'utilisation')?.measured).toBeCloseTo(0.1, 12);
  });

  it('does not judge a percentile that too few executions tell, and wants a hundred of them', async () => {
    const few = await verifyPrediction({
      ...options,
      runs: 1,
      withCapacity: false,
      run: async () => run(spread(60, 1, 2)),
    });
    expect(few.numbers.find(({ metric }) => metric === 'p99')).toMatchObject({
      measured: null,
      isInside: null,
    });
    expect(few.faults).toEqual(['60 executions measured, a verification needs 100']);
  });

  it('stops after a run that was interrupted', async () => {
    let made = 0;
    const cut = await verifyPrediction({
      ...options,
      run: async () => {
        made++;
        return run(spread(200, 1, 2), { complete: false });
      },
    });
    expect([made, cut.isComplete]).toEqual([1, false]);
  });
});
