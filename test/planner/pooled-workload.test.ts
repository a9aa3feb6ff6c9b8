import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { mixWorkloads } from '../../src/planner/mixed-workload.ts';
import { type MeasuredRun, workloadFromRuns } from '../../src/planner/pooled-workload.ts';
import { measuredServiceTime, serviceQuantile } from '../../src/planner/service-time.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const use = { percentiles: [0.99] };
const base = runReport();

/** 50/s of 4 ms on 2 cores unless changed. */
function run(name: string, changes: Partial<RunReport> = {}, samples = 2_000): MeasuredRun {
  return { name, report: runReport(changes), bins: uniformBins(samples) };
}

/** Another load, with another CPU time of the host processes. */
const at = (
  ratePerSecond: number,
  hostUs: number,
  model: 'open' | 'closed' = 'open',
): Partial<RunReport> => ({
  rates: { ...base.rates, done_per_s: ratePerSecond },
  cost: { ...base.cost, host_cpu_mean_us: hostUs },
  scenario: { ...base.scenario, model },
});

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof EnclaveError) return error.message;
  }
  throw new Error('it was accepted');
}

describe('workloadFromRuns()', () => {
  it('pools runs of one load: samples add up, and their spread is that of Student', () => {
    const workload = workloadFromRuns([run('a', at(50, 3_000), 600), run('b', at(50, 3_400), 600)], use);
    expect(workload.service.kind === 'histogram' && workload.service.count).toBe(1_200);
    expect(workload.cpuPerExecution.value).toBeCloseTo(0.0042, 12);
    // 4.0 and 4.4 ms: standard error 0.2 of 4.2; t(0.975, 1) = 12.706.
    expect(workload.betweenRuns?.cpuError).toBeCloseTo(((0.2 / 4.2) * 12.7062) / 1.95996, 4);
    expect(workload.cost.points).toHaveLength(1);
  });

  it('takes the spread from the runs of all loads together', () => {
    const loads = [
      [at(50, 3_000), at(50, 3_400)],
      [at(150, 2_000), at(150, 2_200)],
      [at(300, 1_500), at(300, 1_500)],
    ].flat();
    const workload = workloadFromRuns(
      loads.map((load, index) => run(`${index}`, load, 600)),
      use,
    );
    // CPU 4.0, 4.4, 3.0, 3.2, 2.5, 2.5 ms: deviations of 1/21, 1/31 and 0, twice each; t(0.975, 3) = 3.1824.
    const variance = (2 * (1 / 21) ** 2 + 2 * (1 / 31) ** 2) / 3;
    expect(workload.betweenRuns?.cpuError).toBeCloseTo((3.1824 / 1.95996) * Math.sqrt(variance / 2), 4);
  });

  it('makes a cost law of runs at different loads, closed ones included, and keeps the times of open ones', () => {
    const runs = [
      run('idle', at(50, 3_000)),
      run('full', at(600, 1_000, 'closed')),
      run('half', at(300, 1_500)),
    ];
    const workload = workloadFromRuns(runs, use);
    // 25/s x 4 ms, 150/s x 2.5 ms, 300/s x 2 ms of a core.
    expect(workload.cost.points.map(({ busy }) => busy.toFixed(3))).toEqual(['0.100', '0.375', '0.600']);
    expect(workload.anchors.map(({ ratePerCore }) => ratePerCore)).toEqual([25, 150]);
    expect(workload.dispatch?.points.map(({ ratePerSecond }) => ratePerSecond)).toEqual([50, 300, 600]);
    expect(workload.betweenRuns).toBeUndefined();
  });

  it('names the runs of one folder together', () => {
    const named = (...names: readonly string[]) =>
      workloadFromRuns(
        names.map((name) => run(name, at(50, 3_000))),
        use,
      ).serviceSource.source;
    expect(named('reports/x/full-1.json', 'reports/x/light-1.json')).toBe(
      '2 runs: reports/x/{full-1,light-1}.json',
    );
    expect(named('a/full-1.json', 'b/light-1.json')).toBe('2 runs: a/full-1.json, b/light-1.json');
  });

  it('asks for samples of the pool, at every open load', () => {
    const short = ['a', 'b', 'c'].map((name) => run(name, at(50, 3_000), 50));
    expect(workloadFromRuns(short, { percentiles: [] }).anchors).toHaveLength(1);
    expect(
      refusal(() => workloadFromRuns([...short, run('d', at(300, 2_000), 60)], { percentiles: [] })),
    ).toMatch(/a plan needs 100 successful executions at 150\/s a core, a, b, c, d have 60/);
  });

  it('takes as capacity the mean of the closed runs with as many in flight as the one that did most', () => {
    const closed = (ratePerSecond: number, inFlight: number) => {
      const changes = at(ratePerSecond, 1_000, 'closed');
      const scenario = { ...base.scenario, model: 'closed' as const, concurrency_n: inFlight };
      return run(`${ratePerSecond}/s`, { ...changes, scenario });
    };
    const workload = workloadFromRuns([closed(400, 16), closed(440, 16), closed(300, 4)], use);
    expect(workload.saturation).toEqual({ inFlight: 16, ratePerCore: 210 });
    expect(workloadFromRuns([run('open', at(50, 1_000))], use).saturation).toBeUndefined();
  });

  it('refuses other scenarios and other machines, all at once, unless machines may mix', () => {
    const other = run('b.json', { env: { ...base.env, cpu_model: 'Neoverse' } });
    const different = run('c.json', { scenario: { ...base.scenario, name: 'io', hash: '1'.repeat(64) } });
    const message = refusal(() => workloadFromRuns([run('a.json'), other, different], use));
    expect(message).toMatch(/b\.json was measured on another machine \(2 cores of Neoverse/);
    expect(message).toMatch(/c\.json ran another scenario .*\(io\) than a\.json \(tools\); --mix/);
    expect(workloadFromRuns([run('a.json'), other], { ...use, mixMachines: true }).anchors).toHaveLength(1);
  });

  it('names every run that is unfit, and counts the samples of the pool', () => {
    const message = refusal(() =>
      workloadFromRuns([run('a', { complete: false }), run('b', at(50, 0))], use),
    );
    expect(message).toMatch(/a cannot carry a plan: the run was interrupted/);
    expect(message).toMatch(/b cannot carry a plan: it holds no CPU time/);
    expect(refusal(() => workloadFromRuns([run('a', {}, 400), run('b', {}, 400)], use))).toMatch(
      /p99 needs 1000 successful executions at the lowest load, a, b have 800/,
    );
  });
});

describe('mixWorkloads()', () => {
  const single = (name: string, hostUs: number) => workloadFromRuns([run(name, at(50, hostUs))], use);
  const light = single('light', 1_000);
  const heavy = single('heavy', 9_000);

  it('mixes means by share and variation by second moments', () => {
    const mix = mixWorkloads([
      { workload: light, weight: 30 },
      { workload: heavy, weight: 10 },
    ]);
    // 3/4 x 2 ms + 1/4 x 10 ms; cs2 = (0.75 x 4 x 1.5 + 0.25 x 100 x 1.5) / 16 - 1.
    expect(mix.cpuPerExecution.value).toBeCloseTo(0.004, 12);
    expect(mix.cpuScv.value).toBeCloseTo(42 / 16 - 1, 9);
    expect(mix.name).toBe('75 % tools + 25 % tools');
    expect(mix.cost.points[0]?.busy).toBeCloseTo(25 * 0.004, 12);
  });

  it('keeps how each part was measured, and a load of the mix for each load of the parts', () => {
    const runs = (name: string) => [run(name, at(50, 3_000)), run(`${name}2`, at(300, 1_500))];
    const parts = ['a', 'b'].map((name) => ({ workload: workloadFromRuns(runs(name), use), weight: 1 }));
    const mix = mixWorkloads(parts);
    // Parts alike: the mix has their loads.
    expect(mix.anchors.map(({ ratePerCore }) => Number(ratePerCore.toFixed(9)))).toEqual([25, 150]);
    expect(mix.mixedOf?.map(({ scenario, share }) => [scenario, share])).toEqual([
      ['tools', 0.5],
      ['tools', 0.5],
    ]);
  });

  it('mixes histograms that overlap by share', () => {
    const shifted = { ...heavy, service: measuredServiceTime([{ fromS: 0.03, toS: 0.05, count: 2_000 }]) };
    const mix = mixWorkloads([
      { workload: light, weight: 1 },
      { workload: shifted, weight: 1 },
    ]);
    // Half uniform on 20..40 ms, half on 30..50: a quarter below 30 ms, three quarters below 40.
    expect(serviceQuantile(mix.service, 0.25)).toBeCloseTo(0.03, 6);
    expect(serviceQuantile(mix.service, 0.75)).toBeCloseTo(0.04, 6);
    // The same error as 4,000 draws of the mix: 1 / (2 x 0.25 / 2,000).
    expect(mix.service.kind === 'histogram' && mix.service.count).toBeCloseTo(4_000, 6);
  });

  it('refuses parts of different machines, unless machines may mix', () => {
    const other = { ...heavy, machine: { ...heavy.machine, name: 'Neoverse' } };
    const parts = [
      { workload: light, weight: 1 },
      { workload: other, weight: 1 },
    ];
    expect(refusal(() => mixWorkloads(parts))).toMatch(
      /different machines: 2 cores of Intel Xeon, and 2 cores of Neoverse/,
    );
    expect(mixWorkloads(parts, { mixMachines: true }).cpuPerExecution.value).toBeCloseTo(0.006, 12);
  });
});
