import { describe, expect, it } from 'vitest';
import { readPoolFlags } from '../../src/cli/pool-flags.ts';

describe('readPoolFlags()', () => {
  it('is no pool without --pool, and only what was given with it', () => {
    expect(readPoolFlags({})).toBeUndefined();
    expect(readPoolFlags({ pool: 'local' })).toEqual({ driver: 'local' });
    const flags = {
      pool: 'kubernetes',
      poolMin: '1',
      poolMax: '4',
      poolUp: '80%',
      poolDown: '0.3',
      poolInterval: '30s',
      poolBudget: '2.5',
      poolCost: '0.2',
      poolLabel: ['tier=premium'],
      poolDeployment: 'prod/enclave-runtime',
    };
    expect(readPoolFlags(flags)).toEqual({
      driver: 'kubernetes',
      minSize: 1,
      maxSize: 4,
      scaleUpThreshold: 0.8,
      scaleDownThreshold: 0.3,
      scaleInterval: 30_000,
      hourlyBudget: 2.5,
      costPerRuntime: 0.2,
      labels: { tier: 'premium' },
      kubernetes: { namespace: 'prod', deployment: 'enclave-runtime' },
    });
  });

  it('names every flag that is not as expected', () => {
    const flags = { pool: 'docker', poolUp: '90x', poolCost: 'cheap', poolDeployment: 'A/B/C' };
    expect(() => readPoolFlags(flags)).toThrow(
      /--pool:[\s\S]*--pool-up:[\s\S]*--pool-cost:[\s\S]*--pool-deployment:/u,
    );
    expect(() => readPoolFlags({ poolMax: '3' })).toThrow(/--pool: expected --pool with/u);
  });
});
