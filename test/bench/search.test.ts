import { describe, expect, it } from 'vitest';
import { createArrivals } from '../../src/bench/arrivals.ts';
import { type SearchOptions, searchCapacity, type TrialSpec } from '../../src/bench/search.ts';

const never = new AbortController().signal;

function options(runTrial: SearchOptions['runTrial'], changes: Partial<SearchOptions> = {}): SearchOptions {
  return { hintPerSecond: 100, samplesNeeded: 1_000, seed: 1, runTrial, signal: never, ...changes };
}

/** A target that holds up to `capacity` and not beyond, without noise. */
const step =
  (capacity: number) =>
  async ({ ratePerSecond }: TrialSpec) =>
    ratePerSecond <= capacity
      ? ({ state: 'pass', reason: '' } as const)
      : ({ state: 'fail', reason: 'p99<50ms' } as const);

/** p99 of a trial against one FIFO server of fixed service time, by the Lindley recursion; ms. */
function p99OfMD1({ durationMs, ratePerSecond, seed }: TrialSpec, serviceMs: number): number {
  const warmMs = 2_000;
  const phase = {
    name: 'p',
    fromPerSecond: ratePerSecond,
    toPerSecond: ratePerSecond,
    durationMs: durationMs + warmMs,
    measured: true,
  };
  const arrivals = createArrivals('poisson', [phase], seed);
  const responses: number[] = [];
  let freeAtMs = 0;
  for (let next = arrivals.next(); next !== undefined; next = arrivals.next()) {
    freeAtMs = Math.max(freeAtMs, next.offsetMs) + serviceMs;
    if (next.offsetMs >= warmMs) responses.push(freeAtMs - next.offsetMs);
  }
  responses.sort((a, b) => a - b);
  return responses[Math.ceil(responses.length * 0.99) - 1] ?? 0;
}

describe('searchCapacity()', () => {
  it.each([12, 40, 97, 310, 2_000])('closes in on a sharp limit of %i/s within 10 %', async (capacity) => {
    const result = await searchCapacity(options(step(capacity)));
    expect(result.state).toBe('found');
    expect(result.confirmedPerSecond).toBeLessThanOrEqual(capacity);
    expect(result.failingPerSecond).toBeGreaterThan(capacity);
    expect((result.failingPerSecond ?? 0) / (result.confirmedPerSecond ?? 1)).toBeLessThanOrEqual(
      1 / 0.9 + 1e-9,
    );
    expect(result.reason).toBe('p99<50ms');
  });

  it('confirms with three trials of fresh seeds, long enough for the percentile', async () => {
    const { trials } = await searchCapacity(options(step(50)));
    const confirming = trials.slice(-3);
    expect(confirming.map(({ stage, state }) => `${stage} ${state}`)).toEqual(Array(3).fill('confirm pass'));
    expect(new Set(trials.map(({ seed }) => seed)).size).toBe(trials.length);
    for (const trial of trials)
      expect((trial.ratePerSecond * trial.durationMs) / 1_000).toBeGreaterThanOrEqual(1_000);
  });

  it('errs on the low side for a single FIFO server with a p99 goal, by at most 10 %', async () => {
    // M/D/1, D = 5 ms, goal p99 <= 30 ms: the true capacity by a simulation of 2,000,000 arrivals at each rate.
    const serviceMs = 5;
    const goalMs = 30;
    let [low, high] = [100, 200];
    while (high - low > 0.5) {
      const middle = (low + high) / 2;
      const spec = { stage: 'confirm', ratePerSecond: middle, durationMs: 3_000_000, seed: 99 } as const;
      if (p99OfMD1(spec, serviceMs) <= goalMs) low = middle;
      else high = middle;
    }
    const biases: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const { confirmedPerSecond } = await searchCapacity(
        options(
          async (spec) =>
            p99OfMD1(spec, serviceMs) <= goalMs
              ? { state: 'pass', reason: '' }
              : { state: 'fail', reason: 'p99' },
          { hintPerSecond: 200, seed: seed * 1_000 },
        ),
      );
      biases.push((confirmedPerSecond ?? 0) / low - 1);
    }
    const mean = biases.reduce((sum, bias) => sum + bias, 0) / biases.length;
    expect(mean).toBeLessThan(0);
    expect(mean).toBeGreaterThan(-0.1);
  });

  it('says so when even a low rate fails', async () => {
    const result = await searchCapacity(options(step(0), { samplesNeeded: 20 }));
    expect(result).toMatchObject({ state: 'below', confirmedPerSecond: null });
  });

  it('stops at the ceiling of the generator and answers with what held', async () => {
    const result = await searchCapacity(
      options(async ({ ratePerSecond }) =>
        ratePerSecond > 150 ? { state: 'generator', reason: 'late' } : { state: 'pass', reason: '' },
      ),
    );
    expect(result).toMatchObject({ state: 'generator', confirmedPerSecond: 100, reason: 'late' });
  });

  it('repeats a spoilt trial twice, then gives up', async () => {
    let n = 0;
    const spoilt = await searchCapacity(options(async () => ({ state: 'void', reason: `other-cpu ${++n}` })));
    expect(spoilt).toMatchObject({ state: 'void', reason: 'other-cpu 3' });
    let first = true;
    const once = await searchCapacity(
      options(async (spec) => {
        if (first) {
          first = false;
          return { state: 'void', reason: 'noise' };
        }
        return step(50)(spec);
      }),
    );
    expect(once.state).toBe('found');
  });

  it('refuses a goal whose samples would take more than five minutes', async () => {
    const result = await searchCapacity(options(step(50), { samplesNeeded: 100_000 }));
    expect(result.state).toBe('void');
    expect(result.reason).toMatch(/more than 5 min/);
  });
});
