import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { BenchOptions } from '../../src/bench/bench-options.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import type { ProcessProbe } from '../../src/bench/process-probe.ts';
import { runBench } from '../../src/bench/run-bench.ts';
import { parseThresholds } from '../../src/bench/thresholds.ts';
import { timerWaker } from '../../src/bench/waker.ts';
import { ManualClock } from '../../src/clock.ts';
import type { Executor } from '../../src/execution.ts';
import { parseRunReport } from '../../src/report/parse-run-report.ts';
import type { Environment, LatencySummary, RunReport } from '../../src/report/run-report.ts';
import type { Scenario } from '../../src/scenario/load-scenario.ts';
import {
  FakeExecutor,
  failed,
  fixedDelay,
  later,
  silent,
  singleServer,
  succeeded,
} from '../support/fake-executor.ts';
import { testScenario } from '../support/scenario.ts';

const probe: ProcessProbe = { pid: 1, node: 'v24', v8: '13', cpuMs: () => 0, loopBusyRatio: () => 0.1 };

const environment: Environment = {
  cpu_model: 'test',
  cores_n: 2,
  cgroup_quota_cores: null,
  mem_bytes: 1,
  platform: 'linux',
  kernel: '6',
  node: 'v24',
  v8: '13',
  enclave: '0.1.0',
  git_sha: null,
  git_dirty: null,
  argv: [],
  load1_before: 0.1,
};

async function bench(
  clock: ManualClock,
  executor: Executor,
  options: Partial<BenchOptions> = {},
  scenario: Scenario = testScenario(),
  onLog: (log: string) => void = () => {},
): Promise<RunReport> {
  let report: RunReport | undefined;
  const running = runBench({
    scenario,
    plan: planLoad(scenario, { ratePerSecond: 100, durationMs: 20_000, warmupMs: 5_000 }),
    executor,
    target: { driver: 'fake', pool_size_n: 2, isolation: 'isolate' },
    signal: new AbortController().signal,
    argv: [],
    environment,
    clock,
    waker: timerWaker(clock),
    probe,
    allowNoise: true,
    ...options,
  }).then((result) => {
    report = result.report;
    onLog(result.log ?? '');
  });
  for (let turn = 0; turn < 2_000 && report === undefined; turn++) await clock.advance(100);
  await running;
  if (report === undefined) throw new Error('the run did not end');
  return report;
}

const find = (report: RunReport, metric: LatencySummary['metric'], scope = 'all'): LatencySummary => {
  const found = report.latency.find((entry) => entry.metric === metric && entry.scope === scope);
  if (found === undefined) throw new Error(`no ${metric} ${scope}`);
  return found;
};

describe('runBench()', () => {
  it('reports a fixed delay as that delay at every percentile, warm-up left out', async () => {
    const clock = new ManualClock();
    const report = await bench(clock, fixedDelay(clock, 40));
    expect(report.counts).toMatchObject({
      asked_n: 2_000,
      sent_n: 2_000,
      done_n: 2_000,
      ok_n: 2_000,
      dropped_n: 0,
    });
    expect(report.timing).toMatchObject({ warmup_s: 5, warmup_n: 500, measured_s: 20 });
    const response = find(report, 'response');
    for (const value of [response.p50_us, response.p99_us, response.max_us])
      expect(value).toBeCloseTo(40_000, -2);
    expect(response.p99_9_us).toBeNull();
    expect(response.not_given).toEqual({ p99_9_us: 'unsupported' });
    expect(find(report, 'late').max_us).toBe(0);
    // (2,000 - 1) completions between the first and the last, 10 ms apart.
    expect(report.rates.done_per_s).toBeCloseTo(100, 6);
    // Little: 100/s x 40 ms.
    expect(report.rates.in_flight_mean_n).toBeCloseTo(4, 1);
    expect(report.complete).toBe(true);
  });

  it('gives the planner the cost of an execution', async () => {
    const clock = new ManualClock();
    const report = await bench(clock, fixedDelay(clock, 40));
    expect(report.cost.script_cpu_mean_us).toBeCloseTo(500, 6);
    expect(report.cost.script_cpu_scv).toBeCloseTo(0, 6);
    // The fake host counts 2 ms for every completion.
    expect(report.cost.host_cpu_mean_us).toBeCloseTo(2_000, 6);
    expect(report.hosts[0]?.cpu_ratio).toBeCloseTo(0.2, 2);
  });

  it('ranks failures above every success and counts them by code', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor((_request, n) =>
      later(clock, 10, n % 50 === 0 ? failed('WALL_TIMEOUT') : succeeded()),
    );
    const report = await bench(clock, executor);
    expect(report.counts.failed).toEqual({ WALL_TIMEOUT: 40 });
    // 2 % failed: p95 is a number, p99 lies among the failed; of the successes alone it is 10 ms.
    expect(find(report, 'response').p95_us).toBeCloseTo(10_000, -2);
    expect(find(report, 'response').p99_us).toBeNull();
    expect(find(report, 'response').not_given.p99_us).toBe('censored');
    expect(find(report, 'response', 'ok').p99_us).toBeCloseTo(10_000, -2);
  });

  it('counts a failure that the script declares as its expected end', async () => {
    const clock = new ManualClock();
    const [script] = testScenario().scripts;
    if (script === undefined) throw new Error('no script');
    const scenario = testScenario({ scripts: [{ ...script, expect: ['MEMORY_LIMIT'] }] });
    const executor = new FakeExecutor(() => later(clock, 10, failed('MEMORY_LIMIT')));
    const report = await bench(clock, executor, {}, scenario);
    expect(report.counts).toMatchObject({ ok_n: 0, expected_n: 2_000, failed: {} });
    expect(report.exit_code).toBe(0);
  });

  it('is invalid without a single success, noise allowed or not', async () => {
    const clock = new ManualClock();
    const report = await bench(clock, new FakeExecutor(() => later(clock, 1, failed('QUEUE_FULL'))));
    expect(report.validity.valid).toBe(false);
    expect(report.exit_code).toBe(98);
    expect(find(report, 'response').n).toBe(0);
  });

  it('makes a partial report when interrupted', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    clock.setTimer(12_000, () => controller.abort());
    const report = await bench(clock, fixedDelay(clock, 40), { signal: controller.signal });
    expect(report).toMatchObject({ complete: false, exit_code: 96 });
    expect(report.counts.ok_n).toBe(report.counts.asked_n);
    expect(report.counts.asked_n).toBeGreaterThan(690);
    expect(report.counts.asked_n).toBeLessThan(710);
  });

  it('makes a report even when interrupted before the executor was ready', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const executor = silent();
    executor.ready = () => new Promise(() => {});
    clock.setTimer(50, () => controller.abort());
    const report = await bench(clock, executor, { signal: controller.signal });
    expect(report).toMatchObject({ complete: false, exit_code: 96, counts: { asked_n: 0 } });
  });

  it('keeps a series of one point a second that adds up', async () => {
    const clock = new ManualClock();
    const report = await bench(clock, fixedDelay(clock, 40));
    expect(report.series.length).toBeGreaterThanOrEqual(25);
    const sum = (field: 'asked_n' | 'done_n'): number =>
      report.series.reduce((total, point) => total + point[field], 0);
    expect([sum('asked_n'), sum('done_n')]).toEqual([2_500, 2_500]);
    expect(report.series[10]).toMatchObject({ t_s: 11, asked_n: 100, in_flight_n: 4 });
  });

  it('writes a report that is read back as it was', async () => {
    const clock = new ManualClock();
    const report = await bench(clock, fixedDelay(clock, 1), {});
    expect(parseRunReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('finds a slow start, keeps it out of every figure and shows it on its own', async () => {
    const clock = new ManualClock();
    // 5 s of planned warm-up, then 3 s at 200 ms, then 40 ms.
    const executor = new FakeExecutor(() => later(clock, clock.nowMs() < 8_000 ? 200 : 40, succeeded()));
    const report = await bench(clock, executor);
    expect(report.timing).toMatchObject({
      warmup_s: 8,
      warmup_n: 800,
      measured_s: 17,
      warmup: { cut_s: 3, cut_n: 300, method: 'MSER-5', trend: 'steady' },
    });
    expect(report.counts).toMatchObject({ asked_n: 1_700, ok_n: 1_700 });
    expect(report.rates.asked_per_s).toBeCloseTo(100, 6);
    expect(find(report, 'response').max_us).toBeCloseTo(40_000, -2);
    expect(find(report, 'response', 'warm-up')).toMatchObject({
      n: 800,
      max_us: expect.closeTo(200_000, -3),
    });
    expect(report.timing.warmup?.cold).toEqual([
      { what: 'script', name: 'one', response_us: expect.closeTo(200_000, -3) },
    ]);
  });

  it('never cuts a backlog that grows, and says that response times rise', async () => {
    const clock = new ManualClock();
    // 100/s to a server that does 80/s: responses grow by 2.5 ms with every execution.
    const report = await bench(clock, singleServer(clock, 12.5));
    expect(report.timing.warmup).toMatchObject({ cut_s: 0, cut_n: 0, trend: 'rising' });
    expect(report.validity.checks.find(({ id }) => id === 'rising')?.state).toBe('warned');
  });

  it('declares a run invalid whose response times fall to its end', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor(() => later(clock, 500 - clock.nowMs() / 100, succeeded()));
    const report = await bench(clock, executor, { allowNoise: false });
    expect(report.timing.warmup?.trend).toBe('falling');
    expect(report.validity.checks.filter(({ state }) => state === 'failed').map(({ id }) => id)).toContain(
      'not-steady',
    );
    expect(report.exit_code).toBe(98);
  });

  it('tells the first event, line gaps and tool calls of executions that show them', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor(async ({ onEvent, executionId = '' }) => {
      const head = { executionId, seq: 1, atMs: 0 };
      for (let line = 0; line < 3; line++) {
        await later(clock, 10, undefined);
        onEvent?.({ ...head, type: 'log', level: 'log', text: 'x' });
      }
      onEvent?.({ ...head, type: 'tool_result', callId: 1, ok: true, durationMs: 7 });
      return later(clock, 20, succeeded());
    });
    const thresholds = parseThresholds(['first_p99<15ms', 'gap_p99<=10ms', 'call_max<5ms'], 'open');
    const report = await bench(clock, executor, { thresholds });
    expect(find(report, 'first')).toMatchObject({ n: 2_000, p50_us: expect.closeTo(10_000, -2) });
    expect(find(report, 'gap')).toMatchObject({ n: 4_000, max_us: expect.closeTo(10_000, -2) });
    expect(find(report, 'call')).toMatchObject({ n: 2_000, max_us: expect.closeTo(7_000, -2) });
    expect(find(report, 'response').max_us).toBeCloseTo(50_000, -2);
    expect(report.thresholds.map(({ state }) => state)).toEqual(['pass', 'pass', 'fail', 'pass']);
  });

  it('ranks executions that never showed anything above those that did', async () => {
    const clock = new ManualClock();
    const executor = new FakeExecutor(({ onEvent, executionId = '' }, n) => {
      if (n % 20 === 0) return later(clock, 5, failed('QUEUE_FULL'));
      onEvent?.({ executionId, seq: 1, atMs: 0, type: 'log', level: 'log', text: 'x' });
      return later(clock, 10, succeeded());
    });
    const report = await bench(clock, executor);
    expect(find(report, 'first')).toMatchObject({ n: 1_900, censored_n: 100, p99_us: null });
  });

  it('keeps a histogram log of the whole run when asked to', async () => {
    const clock = new ManualClock();
    let log = '';
    await bench(clock, fixedDelay(clock, 40), { keepsLog: true }, testScenario(), (text) => (log = text));
    const reader = new HistogramLogReader(log);
    let n = 0;
    for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram())
      if (next.tag === 'response') n += next.totalCount;
    expect(n).toBe(2_500);
  });
});
