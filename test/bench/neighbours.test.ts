// What the others feel of a hostile tenant: which arrivals a quiet run leaves out, which executions count, what is said of them.
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/bench/compare.ts';
import { buildCompareReport } from '../../src/bench/compare-report.ts';
import { runEngine } from '../../src/bench/engine.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import { RunRecorder } from '../../src/bench/run-recorder.ts';
import type { Sample } from '../../src/bench/sample.ts';
import { timerWaker } from '../../src/bench/waker.ts';
import { ManualClock } from '../../src/clock.ts';
import { formatCompareReport } from '../../src/report/compare-text.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { studyMarkdown } from '../../src/report/study-markdown.ts';
import { createWorkload } from '../../src/scenario/workload.ts';
import { fixedDelay } from '../support/fake-executor.ts';
import { buildTestReport } from '../support/run-report.ts';
import { testScenario } from '../support/scenario.ts';

const scenario = testScenario({
  tenants: [
    { id: 'calm', weight: 3 },
    { id: 'loud', weight: 1, hostile: true },
  ],
});

async function samplesOf(leavesOut?: readonly string[]): Promise<Sample[]> {
  const clock = new ManualClock();
  const samples: Sample[] = [];
  const base = planLoad(scenario, { ratePerSecond: 100, durationMs: 2_000 });
  const running = runEngine({
    executor: fixedDelay(clock, 5),
    plan: leavesOut === undefined ? base : { ...base, leavesOut },
    clock,
    waker: timerWaker(clock),
    workload: createWorkload(scenario, 1, 30_000),
    onSample: (sample) => samples.push(sample),
    signal: new AbortController().signal,
  });
  for (let turn = 0; turn < 50; turn++) await clock.advance(100);
  await running;
  return samples;
}

describe('a run without its hostile tenants', () => {
  it('sends the others the same executions at the same instants', async () => {
    const facts = ({ index, intendedMs, script, tenant }: Sample): unknown => [
      index,
      intendedMs,
      script,
      tenant,
    ];
    const all = await samplesOf();
    const quiet = await samplesOf(['loud']);
    expect(all).toHaveLength(200);
    expect(all.filter(({ tenant }) => tenant === 'loud').length).toBeGreaterThan(20);
    expect(quiet.map(facts)).toEqual(all.filter(({ tenant }) => tenant === 'calm').map(facts));
  });
});

describe('the scope of the others', () => {
  it('holds every tenant but the hostile ones, failures included', () => {
    const recorder = new RunRecorder({ phaseNames: ['s'], durationMs: 1_000, hostileTenants: ['loud'] });
    const sample = (tenant: string, ms: number, isGood: boolean): Sample => ({
      index: 0,
      phase: 0,
      measured: true,
      script: 'one',
      tenant,
      intendedMs: 0,
      startMs: 0,
      endMs: ms,
      end: isGood ? { kind: 'ok' } : { kind: 'failed', code: 'SCRIPT_ERROR' },
    });
    recorder.add(sample('calm', 10, true));
    recorder.add(sample('calmer', 20, true));
    recorder.add(sample('calm', 1, false));
    recorder.add(sample('loud', 500, true));
    const others = recorder.latency().find(({ scope }) => scope === 'others');
    expect(others).toMatchObject({ n: 2, censored_n: 1, max_us: 20_000 });
  });
});

describe("the others' p99 with the hostile tenant against without", () => {
  const withOthers = (ms: number, isQuiet: boolean): RunReport => {
    const report = buildTestReport(ms);
    const recorder = new LatencyRecorder();
    for (let i = 0; i < 1_000; i++) recorder.record(ms * 1_000);
    return {
      ...report,
      scenario: { ...report.scenario, ...(isQuiet ? { left_out: ['loud'] } : {}) },
      counts: { ...report.counts, expected_n: 7 },
      latency: [...report.latency, recorder.summary('response', 'others')],
    };
  };
  const quiet = [100, 101, 99, 100.5, 99.5].map((ms) => withOthers(ms, true));
  const sayOf = (factor: number): string => {
    const hostile = [100, 101, 99, 100.5, 99.5].map((ms) => withOthers(ms * factor, false));
    const report = buildCompareReport(quiet, hostile, {
      about: 'others',
      hostile: ['loud'],
      failsOnWorse: false,
    });
    expect(report.rows.map(({ metric }) => metric)).toEqual(["others' p99", "others' p50"]);
    expect(report.neighbours).toEqual({ hostile: ['loud'], expected_n: 35, failed_n: 0 });
    const text = formatCompareReport(report);
    expect(studyMarkdown(report)).toContain('the others beside loud');
    return text.split('\n')[0] ?? '';
  };

  it('is felt, not felt, or cannot be told', () => {
    expect(sayOf(1.3)).toBe('test: the others beside loud, against without: FELT');
    expect(sayOf(1)).toBe('test: the others beside loud, against without: NOT FELT');
    expect(sayOf(0.8)).toBe('test: the others beside loud, against without: NOT FELT');
  });

  it('is compared with nothing but a run of the same scenario', () => {
    expect(() => compareRuns(quiet, [withOthers(100, false)])).toThrow(/set of tenants/);
  });
});
