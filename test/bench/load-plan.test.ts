import { describe, expect, it } from 'vitest';
import { planLoad, totalDurationMs, warmupDurationMs } from '../../src/bench/load-plan.ts';
import type { Scenario } from '../../src/scenario/load-scenario.ts';
import { testScenario } from '../support/scenario.ts';

const base = testScenario().load;
const warmed: Scenario = testScenario({
  load: {
    ...base,
    phases: [
      { name: 'warm', rate: 10, durationMs: 2_000, measure: false },
      { name: 'steady', rate: 10, durationMs: 8_000, measure: true },
    ],
  },
});
const staged: Scenario = testScenario({
  load: {
    ...base,
    phases: [
      { name: 'low', rate: 10, durationMs: 60_000, measure: true },
      { name: 'up', rate: [10, 100], durationMs: 60_000, measure: true },
    ],
  },
});

describe('planLoad()', () => {
  it('takes the load of the scenario as it is', () => {
    const plan = planLoad(warmed);
    expect(plan.model).toBe('open');
    expect(warmupDurationMs(plan)).toBe(2_000);
    expect(totalDurationMs(plan)).toBe(10_000);
    // Slots: rate x time-out + 1.
    expect(plan.maxInFlight).toBe(301);
  });

  it('takes rate, duration and warm-up from the caller', () => {
    const plan = planLoad(warmed, { ratePerSecond: 50, durationMs: 3_000, warmupMs: 500 });
    expect(plan.phases).toEqual([
      { name: 'warm', fromPerSecond: 50, toPerSecond: 50, durationMs: 500, measured: false },
      { name: 'steady', fromPerSecond: 50, toPerSecond: 50, durationMs: 3_000, measured: true },
    ]);
    expect(planLoad(warmed, { warmupMs: 0 }).phases).toHaveLength(1);
  });

  it('keeps the number of arrivals when compressed, the rates when shortened', () => {
    const arrivals = (plan: ReturnType<typeof planLoad>): number =>
      plan.phases.reduce(
        (sum, phase) => sum + ((phase.fromPerSecond + phase.toPerSecond) / 2) * (phase.durationMs / 1_000),
        0,
      );
    const whole = planLoad(staged);
    expect(arrivals(planLoad(staged, { compress: 60 }))).toBeCloseTo(arrivals(whole), 9);
    expect(totalDurationMs(planLoad(staged, { compress: 60 }))).toBe(2_000);
    const short = planLoad(staged, { shorten: 60 });
    expect(short.phases[1]).toMatchObject({ fromPerSecond: 10, toPerSecond: 100, durationMs: 1_000 });
  });

  it('chooses the closed model by its concurrency', () => {
    expect(planLoad(warmed, { concurrency: 8 })).toMatchObject({
      model: 'closed',
      concurrency: 8,
      maxInFlight: 8,
    });
  });

  it.each([
    ['both models', warmed, { concurrency: 2, ratePerSecond: 5 }, /--rate: expected either --concurrency/],
    [
      'count and duration',
      warmed,
      { count: 5, durationMs: 5 },
      /--count: expected either --count or --duration/,
    ],
    [
      'one rate for several phases',
      staged,
      { ratePerSecond: 5 },
      /--rate: .* got 2 phases in test; use --compress or --shorten/,
    ],
  ])('refuses %s', (_what, scenario, overrides, message) => {
    expect(() => planLoad(scenario, overrides)).toThrow(message);
  });
});
