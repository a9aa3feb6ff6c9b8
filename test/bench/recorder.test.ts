import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOfEncoded, HIGHEST_US, LatencyRecorder, PERCENTILES } from '../../src/bench/recorder.ts';

function recorderOf(values: readonly number[]): LatencyRecorder {
  const recorder = new LatencyRecorder();
  for (const value of values) recorder.record(value);
  return recorder;
}

/** Latencies over six decades, as a log-uniform draw. */
const latencies = fc.array(
  fc.double({ min: 0, max: 8.7, noNaN: true }).map((exponent) => 10 ** exponent),
  { minLength: 20, maxLength: 3_000 },
);

describe('LatencyRecorder', () => {
  it('answers every percentile like a sorted array, within 0.1 %', () => {
    fc.assert(
      fc.property(latencies, fc.integer({ min: 0, max: 200 }), (values, censored) => {
        const sorted = values.map(Math.round).sort((a, b) => a - b);
        const recorder = recorderOf(values);
        const n = sorted.length + censored;
        for (const { quantile } of PERCENTILES) {
          const found = recorder.quantile(quantile, censored);
          const beyond = n - Math.ceil(n * quantile);
          const truth = sorted[Math.ceil(n * quantile) - 1];
          if (n * (1 - quantile) < 9.999) expect(found.kind).toBe('unsupported');
          else if (truth === undefined) expect(found.kind).toBe('censored');
          else {
            expect(beyond).toBeGreaterThanOrEqual(9);
            expect(found.kind === 'value' ? found.us / Math.max(1, truth) : NaN).toBeGreaterThanOrEqual(
              truth === 0 ? 0 : 1,
            );
            expect(found.kind === 'value' ? found.us - truth : NaN).toBeLessThanOrEqual(truth / 1_000);
          }
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('keeps count, mean, least and greatest value exactly', () => {
    const recorder = recorderOf([1.4, 2.6, 1_000_000.2]);
    expect(recorder.count).toBe(3);
    expect(recorder.meanUs).toBeCloseTo((1 + 3 + 1_000_000) / 3, 9);
    expect([recorder.minUs, recorder.maxUs]).toEqual([1, 1_000_000]);
  });

  it('rounds to the nearest microsecond', () => {
    expect(recorderOf([0.7]).maxUs).toBe(1);
    expect(recorderOf([0.4]).maxUs).toBe(0);
  });

  it.each([
    [19, 0.5, 'unsupported'],
    [20, 0.5, 'value'],
    [99, 0.9, 'unsupported'],
    [100, 0.9, 'value'],
    [999, 0.99, 'unsupported'],
    [1_000, 0.99, 'value'],
    [9_999, 0.999, 'unsupported'],
    [10_000, 0.999, 'value'],
  ])('of %i samples gives the quantile %f: %s', (n, quantile, kind) => {
    expect(recorderOf(Array.from({ length: n }, (_, i) => i)).quantile(quantile).kind).toBe(kind);
  });

  it('ranks failures above every success', () => {
    const recorder = recorderOf(Array.from({ length: 990 }, () => 5_000));
    expect(recorder.quantile(0.99, 10)).toEqual({ kind: 'value', us: 5_000 });
    expect(recorder.quantile(0.99, 11)).toEqual({ kind: 'censored' });
    expect(recorder.quantile(0.5, 11)).toEqual({ kind: 'value', us: 5_000 });
  });

  it.each([NaN, -1, -Infinity])('refuses %d', (value) => {
    expect(() => recorderOf([value])).toThrow(RangeError);
  });

  it('takes what is longer than its range as its longest value', () => {
    expect(recorderOf([Infinity]).maxUs).toBe(HIGHEST_US);
  });

  it('adds another one exactly', () => {
    const whole = recorderOf([1, 2, 3, 40_000, 5]);
    const sum = recorderOf([1, 40_000]);
    sum.add(recorderOf([2, 3, 5]));
    expect(sum.summary('response', 'all')).toEqual(whole.summary('response', 'all'));
  });

  it('survives encoding: the counts between edges are those of the values', () => {
    const values = [1, 1, 5, 9, 10, 99, 100, 5_000];
    const recorder = recorderOf(values);
    expect(countsOfEncoded(recorder.encode(), [0, 5, 10, 100])).toEqual([2, 2, 2, 2]);
  });

  it('gives nothing for nothing', () => {
    const { max_us, mean_us, n, p50_us } = new LatencyRecorder().summary('response', 'all');
    expect({ max_us, mean_us, n, p50_us }).toEqual({ max_us: null, mean_us: null, n: 0, p50_us: null });
  });
});
