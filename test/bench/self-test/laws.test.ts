// The laws on a manual clock: what the engine records there must be theory itself, to the resolution of the histogram.
import { describe, expect, it } from 'vitest';
import { createArrivals } from '../../../src/bench/arrivals.ts';
import { runEngine } from '../../../src/bench/engine.ts';
import { RunRecorder } from '../../../src/bench/run-recorder.ts';
import { LawTarget } from '../../../src/bench/self-test/law-target.ts';
import { LAWS, lindleyResponses, stallQuantileMs } from '../../../src/bench/self-test/laws.ts';
import { expectationsOf, planOf } from '../../../src/bench/self-test/run-self-test.ts';
import { timerWaker } from '../../../src/bench/waker.ts';
import { ManualClock } from '../../../src/clock.ts';
import { createWorkload } from '../../../src/scenario/workload.ts';
import { testScenario } from '../../support/scenario.ts';

describe('the laws of the self-test', () => {
  it.each(LAWS.map((law) => [law.id, law] as const))('%s: measured as theory says', async (_id, law) => {
    const clock = new ManualClock();
    const plan = planOf(law);
    const recorder = new RunRecorder({ phaseNames: ['warm-up', 'steady'], durationMs: 7_000 });
    const running = runEngine({
      executor: new LawTarget(law, clock),
      workload: createWorkload(testScenario(), plan.seed, plan.timeoutMs),
      plan,
      clock,
      waker: timerWaker(clock),
      onArrive: () => recorder.arrive(clock.nowMs()),
      onSample: (sample) => recorder.add(sample),
      signal: new AbortController().signal,
    });
    await clock.advance(12_000);
    await running;
    for (const { metric, ms, quantile } of expectationsOf(law, plan)) {
      const found = recorder.histogram(metric)?.quantile(quantile);
      const measuredMs = found?.kind === 'value' ? found.us / 1_000 : NaN;
      // The histogram tells values apart within 0.1 %.
      expect(Math.abs(measuredMs - ms)).toBeLessThan(0.001 * ms + 0.002);
    }
  });
});

describe('stallQuantileMs()', () => {
  const stall = LAWS.find(({ id }) => id === 'periodic stall');
  const evenlyMs = (gapMs: number): number[] => Array.from({ length: 7_000 / gapMs }, (_, n) => n * gapMs);

  it.each([0.5, 0.9, 0.99])('is what many even arrivals tend to, at %d', (quantile) => {
    // Sixteen arrivals a millisecond see the continuous law; the phase is a constant of the server.
    const many = stall?.expectedMs(quantile, evenlyMs(1 / 16), 16_000) ?? NaN;
    expect(Math.abs(many - stallQuantileMs(quantile))).toBeLessThan(0.1);
  });

  it('is no matter of when the first arrival is answered: a connection may take its time', () => {
    const endsOf = (firstMs: number) => {
      const serve = stall?.createServer();
      return evenlyMs(4).map((ms, index) => serve?.(index === 0 ? firstMs : ms, index));
    };
    expect(endsOf(6).slice(1)).toEqual(endsOf(0).slice(1));
  });
});

describe('lindleyResponses()', () => {
  it('gives the mean of M/D/1 over a long Poisson trace', () => {
    // Pollaczek-Khinchine for constant service: mean response D + rho D / (2 (1 - rho)); rho = 0.7, D = 4 ms: 8.667 ms.
    const phase = { name: 'p', fromPerSecond: 175, toPerSecond: 175, durationMs: 6e6, measured: true };
    const source = createArrivals('poisson', [phase], 3);
    const arrivals: number[] = [];
    for (let next = source.next(); next !== undefined; next = source.next()) arrivals.push(next.offsetMs);
    const responses = lindleyResponses(arrivals, 4);
    const mean = responses.reduce((sum, value) => sum + value, 0) / responses.length;
    // A million arrivals; the mean of autocorrelated waits at this load has a standard error of some 0.02 ms.
    expect(Math.abs(mean - 8.6667)).toBeLessThan(0.1);
  });

  it('gives constants below full load and a ramp above it for even arrivals', () => {
    const even = (gapMs: number): number[] => Array.from({ length: 100 }, (_, index) => index * gapMs);
    expect(lindleyResponses(even(5), 4)).toEqual(Array(100).fill(4));
    // D/D/1 overloaded: each finds D - gap more than the one before it.
    expect(lindleyResponses(even(3), 4)).toEqual(Array.from({ length: 100 }, (_, index) => 4 + index));
  });
});
