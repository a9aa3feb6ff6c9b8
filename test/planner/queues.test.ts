import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { erlangB, erlangC } from '../../src/planner/erlang.ts';
import { allenCunneenMeanWait, mdcMeanWaitExact, mgcMeanWait } from '../../src/planner/mgc.ts';
import { mmcWait } from '../../src/planner/mmc.ts';
import { published, relativeError } from './published.ts';

const station = (servers: number, offeredLoad: number) => ({ servers, offeredLoad, meanServiceTime: 1 });

describe('erlangB() and erlangC()', () => {
  it.each(published.erlangC.rows)('agree with the published value for $c servers, $A erlangs', (row) => {
    const input = { servers: row.c, offeredLoad: row.A };
    expect(relativeError(erlangB(input), row.erlangB)).toBeLessThan(1e-10);
    expect(relativeError(erlangC(input), row.pWait)).toBeLessThan(1e-10);
  });

  it('C of one server is its utilisation', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999_999, noNaN: true }), (load) => {
        expect(erlangC({ servers: 1, offeredLoad: load })).toBeCloseTo(load, 12);
      }),
    );
  });

  it('more servers never make waiting likelier', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0, max: 400, noNaN: true }),
        (c, load) => {
          const fewer = erlangC({ servers: c, offeredLoad: load });
          const more = erlangC({ servers: c + 1, offeredLoad: load });
          expect(more).toBeLessThanOrEqual(fewer);
        },
      ),
    );
  });

  it('answers with bounds at the edges, never with NaN', () => {
    expect(erlangC({ servers: 3, offeredLoad: 0 })).toBe(0);
    expect(erlangC({ servers: 3, offeredLoad: 3 })).toBe(1);
    expect(erlangC({ servers: 3, offeredLoad: 300 })).toBe(1);
    expect(erlangB({ servers: 100_000, offeredLoad: 1e-300 })).toBe(0);
  });

  it.each([
    [0, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [2, -1],
    [2, Number.NaN],
    [2, Number.POSITIVE_INFINITY],
  ])('refuse %s servers with %s erlangs', (servers, offeredLoad) => {
    expect(() => erlangC({ servers, offeredLoad })).toThrow(EnclaveError);
  });
});

describe('mmcWait()', () => {
  it.each(published.mmcWaits.rows)('agrees with the closed forms for $c servers, $A erlangs', (row) => {
    const wait = mmcWait(station(row.c, row.A));
    expect(relativeError(wait.probability, row.pWait)).toBeLessThan(1e-9);
    expect(relativeError(wait.mean, row.wqOverS)).toBeLessThan(1e-9);
    expect(relativeError(wait.meanQueueLength, row.lq)).toBeLessThan(1e-9);
    for (const [p, expected] of Object.entries(row.waitQuantileOverS))
      expect(Math.abs(wait.quantile(Number(p)) - expected)).toBeLessThan(1e-9 * Math.max(1, expected));
    for (const [p, expected] of Object.entries(row.responseQuantileOverS))
      expect(relativeError(wait.responseQuantile(Number(p)), expected)).toBeLessThan(1e-9);
  });

  it('scales with the mean service time', () => {
    const base = mmcWait(station(4, 3));
    const slow = mmcWait({ ...station(4, 3), meanServiceTime: 25 });
    expect(slow.mean).toBeCloseTo(25 * base.mean, 12);
    expect(slow.responseQuantile(0.99)).toBeCloseTo(25 * base.responseQuantile(0.99), 9);
  });

  it('is the closed form of M/M/1 with one server: response quantile -ln(1 - p) / (mu - lambda)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        (load, p) => {
          const expected = -Math.log1p(-p) / (1 - load);
          expect(relativeError(mmcWait(station(1, load)).responseQuantile(p), expected)).toBeLessThan(1e-9);
        },
      ),
    );
  });

  it('says that an overloaded station has no steady state', () => {
    const wait = mmcWait(station(2, 2));
    expect(wait.stable).toBe(false);
    expect([wait.mean, wait.quantile(0.5), wait.responseQuantile(0.99)]).toEqual([
      Infinity,
      Infinity,
      Infinity,
    ]);
  });

  it('makes nobody wait when nothing arrives', () => {
    const wait = mmcWait(station(2, 0));
    expect([wait.probability, wait.mean, wait.quantile(0.99)]).toEqual([0, 0, 0]);
    expect(wait.responseQuantile(0.5)).toBeCloseTo(Math.LN2, 12);
  });
});

describe('mdcMeanWaitExact()', () => {
  it.each(published.mdcExact.rows)('agrees with the embedded chain for $c servers at $rho', (row) => {
    // The chain of the source was cut at a tail mass of 1e-13, which shows up to 3.1e-10.
    expect(relativeError(mdcMeanWaitExact(station(row.c, row.c * row.rho)), row.wqOverS)).toBeLessThan(1e-9);
  });

  it('is the formula of Pollaczek and Khinchine with one server', () => {
    for (const load of [0.1, 0.5, 0.9, 0.97])
      expect(relativeError(mdcMeanWaitExact(station(1, load)), load / (2 * (1 - load)))).toBeLessThan(1e-12);
  });

  it('has its edges', () => {
    expect(mdcMeanWaitExact(station(4, 0))).toBe(0);
    expect(mdcMeanWaitExact(station(4, 4))).toBe(Infinity);
  });
});

describe('mgcMeanWait()', () => {
  it('is M/M/c for exponential service', () => {
    for (const [c, load] of [
      [1, 0.5],
      [4, 3],
      [100, 95],
    ] as const)
      expect(
        relativeError(mgcMeanWait({ ...station(c, load), serviceScv: 1 }), mmcWait(station(c, load)).mean),
      ).toBeLessThan(1e-12);
  });

  it('is within 4 % of exact for constant service from 70 % load on', () => {
    for (const { c, rho, wqOverS } of published.mdcExact.rows.filter((row) => row.rho >= 0.7))
      expect(relativeError(mgcMeanWait({ ...station(c, c * rho), serviceScv: 0 }), wqOverS)).toBeLessThan(
        0.04,
      );
  });

  it('is the exact formula of Pollaczek and Khinchine with one server', () => {
    // rho S (1 + cs2) / (2 (1 - rho)) with rho 0.8, cs2 3: 0.8 x 4 / 0.4 = 8.
    expect(mgcMeanWait({ ...station(1, 0.8), serviceScv: 3 })).toBeCloseTo(8, 12);
    expect(allenCunneenMeanWait({ ...station(1, 0.8), serviceScv: 3 })).toBeCloseTo(8, 12);
  });

  it('grows with the variation of service times and stays finite at light load', () => {
    const at = (serviceScv: number, load = 6) => mgcMeanWait({ ...station(8, load), serviceScv });
    expect(at(0)).toBeLessThan(at(0.5));
    expect(at(0.5)).toBeLessThan(at(4));
    expect(at(0, 1e-6)).toBeGreaterThanOrEqual(0);
    expect(at(2, 8)).toBe(Infinity);
  });
});
