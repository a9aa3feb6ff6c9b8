import { describe, expect, it } from 'vitest';
import { runAlternating } from '../../src/bench/alternate.ts';
import { runSweep, type SweepOptions } from '../../src/bench/run-sweep.ts';
import { fitUsl } from '../../src/planner/fit-usl.ts';
import { uslThroughput } from '../../src/planner/usl.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { formatSweep } from '../../src/report/sweep-text.ts';
import { buildTestReport } from '../support/run-report.ts';
import { testScenario } from '../support/scenario.ts';

const LAW = { unitThroughput: 100, contention: 0.05, coherency: 0.002 };

function reportAt(concurrency: number, valid = true): RunReport {
  const throughput = uslThroughput(LAW, concurrency);
  // By Little the response time of a closed loop is the number in flight / throughput.
  const report = buildTestReport((concurrency / throughput) * 1_000);
  return {
    ...report,
    exit_code: valid ? 0 : 98,
    scenario: {
      ...report.scenario,
      model: 'closed',
      arrivals: null,
      rate_per_s: null,
      concurrency_n: concurrency,
    },
    rates: { ...report.rates, done_per_s: throughput },
  };
}

const signal = new AbortController().signal;
const common = { scenario: testScenario(), overrides: {}, signal } satisfies Partial<SweepOptions>;

describe('runSweep()', () => {
  it('runs a closed loop per level; its points give the law back to the planner', async () => {
    const levels = [1, 2, 4, 8, 16, 32];
    const report = await runSweep({
      ...common,
      axis: { kind: 'concurrency', levels },
      run: (plan) => Promise.resolve(reportAt(plan.concurrency)),
    });
    expect(report).toMatchObject({ kind: 'sweep', complete: true, exit_code: 0 });
    for (const { concurrency_n, little_n } of report.sweep) expect(little_n).toBeCloseTo(concurrency_n, 1);
    const fit = fitUsl(report.points);
    expect(fit.contention).toBeCloseTo(0.05, 6);
    expect(fit.coherency).toBeCloseTo(0.002, 6);
    expect(formatSweep(report, 'p.json')).toMatch(
      /concurrency 32 .*\n.*\n {2}scalability law: 100\/s for one, contention 0\.050, .*\nreport p\.json\n$/,
    );
  });

  it('keeps enough in flight for each size of pool, and leaves spoilt levels out of the points', async () => {
    const asked: unknown[] = [];
    const report = await runSweep({
      ...common,
      axis: { kind: 'workers', levels: [1, 2] },
      run: (plan, workers) => {
        asked.push([workers, plan.model, plan.concurrency]);
        return Promise.resolve(reportAt(plan.concurrency, workers === 1));
      },
    });
    expect(asked).toEqual([
      [1, 'closed', 16],
      [2, 'closed', 32],
    ]);
    expect(report.exit_code).toBe(98);
    expect(report.points.map(({ concurrency }) => concurrency)).toEqual([1]);
  });
});

describe('runAlternating()', () => {
  it('runs A B B A and hands each side its own', async () => {
    const order: string[] = [];
    const { a, b } = await runAlternating({
      repeat: 3,
      signal,
      run: (side, pair) => {
        order.push(`${side}${pair}`);
        return Promise.resolve(buildTestReport(side === 'a' ? 1 : 2));
      },
    });
    expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
    expect(a.map(({ latency }) => latency[0]?.max_us)).toEqual([1_000, 1_000, 1_000]);
    expect(b.map(({ latency }) => latency[0]?.max_us)).toEqual([2_000, 2_000, 2_000]);
  });

  it.each([
    ['makes another pair for each with a spoilt run', [1, 3], [0, 1, 2, 3, 4]],
    ['stops after two pairs more for three', [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4]],
  ])('%s', async (_name, spoilt, made) => {
    const pairs: number[] = [];
    const bad = buildTestReport(9);
    const { a } = await runAlternating({
      repeat: 3,
      signal,
      isSpoilt: (report) => report === bad,
      run: (side, pair) => {
        if (side === 'a') pairs.push(pair);
        return Promise.resolve(side === 'b' && spoilt.includes(pair) ? bad : buildTestReport(1));
      },
    });
    expect(pairs).toEqual(made);
    // What was made is kept, the spoilt ones too: the comparison says why they are left out.
    expect(a).toHaveLength(made.length);
  });

  it('drops the pair that an interruption cut', async () => {
    const controller = new AbortController();
    const { a, b } = await runAlternating({
      repeat: 5,
      signal: controller.signal,
      run: (_side, pair) => {
        if (pair === 1) controller.abort();
        return Promise.resolve(buildTestReport(1));
      },
    });
    expect([a.length, b.length]).toEqual([1, 1]);
  });
});
