import { describe, expect, it } from 'vitest';
import { judgeLaw } from '../../../src/bench/self-test/judge-law.ts';

const expected = { metric: 'response', quantile: 0.99, ms: 20 } as const;
const stateOf = (ms: number, disturbedRatio: number): string =>
  judgeLaw(expected, { kind: 'value', us: ms * 1_000 }, disturbedRatio).state;

describe('judgeLaw()', () => {
  it('allows 1.6 ms, or 1 % where that is more', () => {
    expect(stateOf(21.5, 0)).toBe('met');
    expect(stateOf(21.7, 0)).toBe('missed');
    expect(stateOf(18.3, 0)).toBe('missed');
    const slow = judgeLaw({ ...expected, ms: 1_000 }, { kind: 'value', us: 1_009_000 }, 0);
    expect(slow).toMatchObject({ state: 'met', limit_ms: 10 });
  });

  it('blames the machine for slowness only, and only when it was away for long enough', () => {
    // Beyond p99 lies 1 % of the executions; half of that is 0.5 %.
    expect(stateOf(25, 0.006)).toBe('disturbed');
    expect(stateOf(25, 0.004)).toBe('missed');
    expect(stateOf(15, 0.5)).toBe('missed');
    expect(judgeLaw({ ...expected, quantile: 0.5 }, { kind: 'value', us: 25_000 }, 0.1).state).toBe('missed');
  });

  it('says nothing of a percentile that too few executions support', () => {
    expect(judgeLaw(expected, { kind: 'unsupported' }, 0)).toMatchObject({
      state: 'unsupported',
      measured_ms: null,
    });
  });
});
