import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Arrival,
  type ArrivalSource,
  createArrivals,
  expectedArrivals,
  type LoadPhase,
  limitMeasured,
  phaseAt,
} from '../../src/bench/arrivals.ts';

function phase(from: number, to: number, seconds: number, measured = true): LoadPhase {
  return { name: 'p', fromPerSecond: from, toPerSecond: to, durationMs: seconds * 1_000, measured };
}

function all(source: ArrivalSource): Arrival[] {
  const found: Arrival[] = [];
  for (let next = source.next(); next !== undefined; next = source.next()) found.push(next);
  return found;
}

function isInPhase({ offsetMs, phase: at }: Arrival, phases: readonly LoadPhase[]): boolean {
  const startMs = phases.slice(0, at).reduce((sum, item) => sum + item.durationMs, 0);
  return offsetMs >= startMs && offsetMs - startMs <= (phases[at]?.durationMs ?? 0) + 1e-6;
}

const anyPhase = fc.record({
  name: fc.constant('p'),
  fromPerSecond: fc.integer({ min: 0, max: 500 }),
  toPerSecond: fc.integer({ min: 0, max: 500 }),
  durationMs: fc.integer({ min: 1, max: 1_000 }),
  measured: fc.boolean(),
});

describe('createArrivals()', () => {
  it('spaces a constant rate evenly from the start', () => {
    const offsets = all(createArrivals('constant', [phase(10, 10, 1)], 1)).map(({ offsetMs }) => offsetMs);
    expect(offsets).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  it('does not drift: arrival i of a constant rate is at i / rate however long the run', () => {
    const source = createArrivals('constant', [phase(3, 3, 100_000)], 1);
    let last = source.next();
    for (let i = 1; i <= 200_000; i++) last = source.next();
    expect(last?.offsetMs).toBeCloseTo((200_000 / 3) * 1_000, 4);
  });

  it('follows a ramp: half of the area lies before T / √2 on a ramp from 0', () => {
    // Λ(t) = r t² / 2T, so Λ(T/√2) is half of Λ(T).
    const offsets = all(createArrivals('constant', [phase(0, 200, 10)], 1)).map(({ offsetMs }) => offsetMs);
    expect(offsets).toHaveLength(1_000);
    expect(offsets[500]).toBeCloseTo(10_000 / Math.SQRT2, 6);
  });

  it('makes a ramp down the mirror of a ramp up', () => {
    const up = all(createArrivals('constant', [phase(0, 100, 4)], 1)).map(({ offsetMs }) => offsetMs);
    const down = all(createArrivals('constant', [phase(100, 0, 4)], 1)).map(({ offsetMs }) => offsetMs);
    // Arrival i of one is where Λ = i, of the other where Λ = total - i.
    for (let i = 1; i < 200; i++) expect(down[i]).toBeCloseTo(4_000 - (up[200 - i] ?? 0), 6);
  });

  it('gives the same Poisson instants for the same seed, others for another', () => {
    const phases = [phase(100, 100, 2)];
    expect(all(createArrivals('poisson', phases, 7))).toEqual(all(createArrivals('poisson', phases, 7)));
    expect(all(createArrivals('poisson', phases, 7))).not.toEqual(all(createArrivals('poisson', phases, 8)));
  });

  it('draws Poisson gaps with the mean and the coefficient of variation of an exponential law', () => {
    const offsets = all(createArrivals('poisson', [phase(1_000, 1_000, 50)], 3)).map(
      ({ offsetMs }) => offsetMs,
    );
    const gaps = offsets.slice(1).map((offset, i) => offset - (offsets[i] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    // n = 50,000: the standard error of the mean is 0.45 %, of the coefficient of variation about 0.45 %.
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
    expect(Math.abs(offsets.length - 50_000)).toBeLessThan(4 * Math.sqrt(50_000));
  });

  it('keeps every arrival in order, within its own phase, and as many as the rate asks for', () => {
    fc.assert(
      fc.property(fc.array(anyPhase, { minLength: 1, maxLength: 5 }), fc.integer(), (phases, seed) => {
        const constant = all(createArrivals('constant', phases, seed));
        const total = phases.reduce((sum, item) => sum + expectedArrivals(item), 0);
        expect(constant.length).toBe(Math.ceil(total - 1e-9 * total));
        for (const arrivals of [constant, all(createArrivals('poisson', phases, seed))]) {
          expect(arrivals.map(({ index }) => index)).toEqual(arrivals.map((_, i) => i));
          expect(arrivals.every((arrival, i) => arrival.offsetMs >= (arrivals[i - 1]?.offsetMs ?? 0))).toBe(
            true,
          );
          expect(arrivals.every((arrival) => isInPhase(arrival, phases))).toBe(true);
        }
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});

describe('limitMeasured()', () => {
  it('counts arrivals of measured phases only', () => {
    const phases = [phase(10, 10, 1, false), phase(10, 10, Infinity)];
    const arrivals = all(limitMeasured(createArrivals('constant', phases, 1), phases, 25));
    expect(arrivals).toHaveLength(35);
    expect(phaseAt(phases, arrivals.at(-1)?.offsetMs ?? 0)).toBe(1);
  });
});
