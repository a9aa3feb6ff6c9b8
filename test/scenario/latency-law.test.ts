import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/clock.ts';
import {
  callIndex,
  drawLatencyMs,
  lognormalQuantile,
  normalQuantile,
} from '../../src/scenario/latency-law.ts';
import type { LatencyLaw } from '../../src/scenario/scenario-types.ts';
import { createSimulatedTools, createWorkload } from '../../src/scenario/workload.ts';
import { testScenario } from '../support/scenario.ts';

const draws = (law: LatencyLaw, n: number, trace: readonly number[] = []): number[] =>
  Array.from({ length: n }, (_, i) => drawLatencyMs(law, 11, i, trace)).sort((a, b) => a - b);

describe('normalQuantile()', () => {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, tables 26.5 and 26.6.
  it.each([
    [0.5, 0],
    [0.9, 1.281552],
    [0.975, 1.959964],
    [0.99, 2.326348],
    [0.999, 3.090232],
    [0.01, -2.326348],
    [0.0001, -3.719016],
  ])('of %f is %f', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 5);
  });
});

describe('drawLatencyMs()', () => {
  it('draws a log-normal law with the median and 99th percentile that were asked for', () => {
    expect(lognormalQuantile(0.5, 8, 40)).toBeCloseTo(8, 9);
    expect(lognormalQuantile(0.99, 8, 40)).toBeCloseTo(40, 6);
    const sorted = draws({ kind: 'lognormal', medianMs: 8, p99Ms: 40, maxMs: 500 }, 100_000);
    // Standard error of the sample median: σ√(π/2n) = 0.3 % of 8; of the p99 about 1.2 %.
    expect(Math.abs((sorted[50_000] ?? 0) / 8 - 1)).toBeLessThan(0.015);
    expect(Math.abs((sorted[99_000] ?? 0) / 40 - 1)).toBeLessThan(0.05);
  });

  it('cuts a log-normal law at its maximum', () => {
    expect(draws({ kind: 'lognormal', medianMs: 8, p99Ms: 40, maxMs: 20 }, 10_000).at(-1)).toBe(20);
  });

  it('draws a uniform law between its bounds and a bimodal one with its share of slow calls', () => {
    const uniform = draws({ kind: 'uniform', minMs: 10, maxMs: 20 }, 10_000);
    expect(uniform[0]).toBeGreaterThanOrEqual(10);
    expect(uniform.at(-1)).toBeLessThan(20);
    expect(uniform[5_000]).toBeCloseTo(15, 0);
    const slow = draws({ kind: 'bimodal', fastMs: 1, slowMs: 9, slowRatio: 0.1 }, 10_000).filter(
      (ms) => ms === 9,
    );
    // Binomial: 1,000 ± 30.
    expect(Math.abs(slow.length - 1_000)).toBeLessThan(120);
  });

  it('replays a trace in order', () => {
    const law: LatencyLaw = { kind: 'trace', file: 'x', order: 'sequential' };
    expect([0, 1, 2, 3].map((i) => drawLatencyMs(law, 1, i, [5, 6, 7]))).toEqual([5, 6, 7, 5]);
  });
});

describe('createSimulatedTools()', () => {
  it('gives call n of execution i the same latency whatever ran before', async () => {
    const latency: LatencyLaw = { kind: 'uniform', minMs: 1, maxMs: 100 };
    const scenario = testScenario({ tools: { t: { latency, errorRate: 0, resultBytes: 0, trace: [] } } });
    const clock = new ManualClock();
    const tools = createSimulatedTools(scenario, 9, clock);
    const took: Record<string, number> = {};
    const signal = new AbortController().signal;
    for (const [execution, callId] of [
      [3, 2],
      [0, 1],
      [3, 1],
    ] as const) {
      const executionId = createWorkload(scenario, 9, 1_000).job(execution).request.executionId ?? '';
      void Promise.resolve(tools('t', {}, { executionId, callId, tenant: 'default', signal })).then(() => {
        took[`${execution}.${callId}`] = clock.nowMs();
      });
    }
    await clock.advance(101);
    for (const [execution, callId] of [
      [3, 2],
      [0, 1],
      [3, 1],
    ] as const) {
      expect(took[`${execution}.${callId}`]).toBeCloseTo(
        drawLatencyMs(latency, 9, callIndex(execution, callId)),
        9,
      );
    }
  });

  it('fails the asked share of calls, and stops waiting when nobody wants the answer', async () => {
    const latency: LatencyLaw = { kind: 'fixed', ms: 1_000 };
    const tool = { latency, errorRate: 1, resultBytes: 0, trace: [] };
    const tools = createSimulatedTools(testScenario({ tools: { t: tool } }), 1, new ManualClock());
    const controller = new AbortController();
    const call = tools(
      't',
      {},
      { executionId: 'bench-1', callId: 1, tenant: 'x', signal: controller.signal },
    );
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'SIMULATED_FAILURE' });
    await expect(
      tools('u', {}, { executionId: 'bench-1', callId: 1, tenant: 'x', signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
  });
});

describe('createWorkload()', () => {
  it('mixes scripts by weight, the same mix in any order', () => {
    const script = testScenario().scripts[0];
    if (script === undefined) throw new Error('no script');
    const scripts = [
      { ...script, id: 'a', weight: 3 },
      { ...script, id: 'b', weight: 1 },
    ];
    const workload = createWorkload(testScenario({ scripts }), 4, 1_000);
    const ids = Array.from({ length: 10_000 }, (_, i) => workload.job(i).script);
    expect(workload.job(1_234).script).toBe(ids[1_234]);
    // Binomial: 7,500 ± 43.
    expect(Math.abs(ids.filter((id) => id === 'a').length - 7_500)).toBeLessThan(180);
  });
});
