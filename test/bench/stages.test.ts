import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArrivals, limitMeasured } from '../../src/bench/arrivals.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import type { LoadPlan } from '../../src/bench/sample.ts';
import { parseStage, replayPlan } from '../../src/bench/stages.ts';
import { buildTestReport } from '../support/run-report.ts';
import { testScenario } from '../support/scenario.ts';

describe('parseStage()', () => {
  it.each([
    ['30s@100/s', 100, 30_000],
    ['30s@100', 100, 30_000],
    ['1.5min@0.5..1.2k/s', [0.5, 1_200], 90_000],
    ['10s@0..50/s', [0, 50], 10_000],
  ])('reads %s', (text, rate, durationMs) => {
    expect(parseStage(text, 's')).toEqual({
      ok: true,
      value: { name: 's', rate, durationMs, measure: true },
    });
  });

  it.each(['', '30s', '@5', '30@5/s', '30s@0', '30s@5..', '30s@-5', '30s@1..2..3'])('refuses %j', (text) => {
    expect(parseStage(text, 's')).toMatchObject({ ok: false });
  });
});

describe('planLoad() with stages', () => {
  it('replaces the phases, keeps the warm-up that is asked for, and refuses a second rate', () => {
    const stages = [
      { name: 'a', rate: 5, durationMs: 100, measure: true },
      { name: 'b', rate: [5, 50], durationMs: 200, measure: true },
    ] as const;
    const { model, phases } = planLoad(testScenario(), { stages, warmupMs: 300 });
    expect(model).toBe('open');
    expect(phases.map(({ durationMs, measured }) => [durationMs, measured])).toEqual([
      [300, false],
      [100, true],
      [200, true],
    ]);
    expect(() => planLoad(testScenario(), { stages, ratePerSecond: 5 })).toThrow(/--rate: .*--stage/);
  });
});

describe('replayPlan()', () => {
  let folder = '';
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-replay-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const offsets = (plan: LoadPlan): number[] => {
    const all = createArrivals(plan.arrivals, plan.phases, plan.seed);
    const source = plan.count === undefined ? all : limitMeasured(all, plan.phases, plan.count);
    const found: number[] = [];
    for (let next = source.next(); next !== undefined; next = source.next()) found.push(next.offsetMs);
    return found;
  };

  it.each([
    ['ended by its phases', { arrivals: 'poisson', durationMs: 2_000, warmupMs: 500, seed: 7 }],
    ['ended by a count', { arrivals: 'poisson', count: 25, warmupMs: 500, seed: 7 }],
  ] as const)('gives the same intended starts as a run that %s', async (_what, overrides) => {
    const first = planLoad(testScenario(), overrides);
    const report = buildTestReport(1);
    const phases = first.phases.map((phase) => ({
      name: phase.name,
      from_per_s: phase.fromPerSecond,
      to_per_s: phase.toPerSecond,
      duration_s: Number.isFinite(phase.durationMs) ? phase.durationMs / 1_000 : null,
      measured: phase.measured,
    }));
    const scenario = { ...report.scenario, seed: 7, phases };
    const path = await write(
      'r.json',
      JSON.stringify({ ...report, scenario, counts: { ...report.counts, asked_n: 25 } }),
    );
    const again = await replayPlan(planLoad(testScenario({ seed: 99 })), path);
    expect(offsets(again)).toEqual(offsets(first));
  });

  it('refuses a closed run, and a trace that goes back', async () => {
    const report = buildTestReport(1);
    const closed = { ...report, scenario: { ...report.scenario, model: 'closed', arrivals: null } };
    const path = await write('closed.json', JSON.stringify(closed));
    const plan = planLoad(testScenario());
    await expect(replayPlan(plan, path)).rejects.toThrow(/open model/);
    await expect(replayPlan(plan, await write('t.txt', '1\n2\n1\n'))).rejects.toThrow(/"1" in line 3/);
    await expect(replayPlan(plan, await write('e.txt', '\n'))).rejects.toThrow(/empty/);
    expect(await replayPlan(plan, await write('g.txt', '0\n2.5\n10\n'))).toMatchObject({
      replayMs: [0, 2.5, 10],
    });
  });
});
