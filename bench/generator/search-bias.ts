// How far the capacity search is off on a simulated M/D/1 queue whose capacity is known from a long simulation.
import { createArrivals } from '../../src/bench/arrivals.ts';
import { searchCapacity } from '../../src/bench/search.ts';
import { lindleyResponses } from '../../src/bench/self-test/laws.ts';

const SERVICE_MS = 5;
const GOAL_P99_MS = 50;
const SEARCHES = 60;
const TRUTH_MS = 4e6;

export interface SearchBias {
  readonly runs: number;
  /** Confirmed rate / true capacity - 1. */
  readonly mean: number;
  readonly deviation: number;
}

export async function measureSearchBias(): Promise<SearchBias> {
  const truth = trueCapacity();
  const biases: number[] = [];
  for (let seed = 1; seed <= SEARCHES; seed++) {
    const { confirmedPerSecond } = await searchCapacity({
      hintPerSecond: 1_000 / SERVICE_MS,
      samplesNeeded: 1_000,
      seed: seed * 1_000,
      signal: new AbortController().signal,
      runTrial: (trial) => {
        const p99 = p99At(trial.ratePerSecond, trial.durationMs, trial.seed);
        return Promise.resolve({ state: p99 <= GOAL_P99_MS ? 'pass' : 'fail', reason: '' });
      },
    });
    biases.push((confirmedPerSecond ?? 0) / truth - 1);
  }
  const mean = biases.reduce((sum, bias) => sum + bias, 0) / biases.length;
  const squares = biases.reduce((sum, bias) => sum + (bias - mean) ** 2, 0);
  return { runs: SEARCHES, mean, deviation: Math.sqrt(squares / (biases.length - 1)) };
}

function trueCapacity(): number {
  let [low, high] = [1, 1_000 / SERVICE_MS];
  while (high / low > 1.001) {
    const middle = (low + high) / 2;
    if (p99At(middle, TRUTH_MS, 77) <= GOAL_P99_MS) low = middle;
    else high = middle;
  }
  return low;
}

function p99At(ratePerSecond: number, durationMs: number, seed: number): number {
  const phase = {
    name: 's',
    fromPerSecond: ratePerSecond,
    toPerSecond: ratePerSecond,
    durationMs,
    measured: true,
  };
  const source = createArrivals('poisson', [phase], seed);
  const arrivals: number[] = [];
  for (let next = source.next(); next !== undefined; next = source.next()) arrivals.push(next.offsetMs);
  const sorted = lindleyResponses(arrivals, SERVICE_MS).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
}
