import { describe, expect, it } from 'vitest';
import { mgcMeanWait } from '../../src/planner/mgc.ts';
import { mmcWait } from '../../src/planner/mmc.ts';
import { exactMeanWait, type PhaseLaw } from './exact-phase-queue.ts';

describe('the exact chain that the approximation is held to', () => {
  it('is M/M/c where the law is all but exponential, and Pollaczek and Khinchine with one server', () => {
    const mm4 = mmcWait({ servers: 4, offeredLoad: 3.2, meanServiceTime: 1 }).mean;
    expect(exactMeanWait({ kind: 'h2', scv: 1 + 1e-9 }, 4, 0.8) / mm4).toBeCloseTo(1, 6);
    // rho (1 + cs2) / (2 (1 - rho)).
    expect(exactMeanWait({ kind: 'e2' }, 1, 0.8)).toBeCloseTo(3, 6);
    expect(exactMeanWait({ kind: 'h2', scv: 4 }, 1, 0.8)).toBeCloseTo(10, 6);
  });
});

describe('mgcMeanWait() for other laws', () => {
  const laws: [string, PhaseLaw, number][] = [
    ['M/E2/c, cs2 0.5', { kind: 'e2' }, 0.5],
    ['M/H2/c, cs2 2', { kind: 'h2', scv: 2 }, 2],
    ['M/H2/c, cs2 4', { kind: 'h2', scv: 4 }, 4],
  ];
  it.each(laws)('is within 4 %% of exact: %s', (_, law, serviceScv) => {
    for (const servers of [1, 2, 4, 8])
      for (const rho of [0.7, 0.8, 0.9, 0.95]) {
        const approximate = mgcMeanWait({
          servers,
          offeredLoad: servers * rho,
          meanServiceTime: 1,
          serviceScv,
        });
        const error = approximate / exactMeanWait(law, servers, rho) - 1;
        expect(Math.abs(error), `c ${servers}, rho ${rho}: ${(100 * error).toFixed(2)} %`).toBeLessThan(0.04);
      }
  });
});
