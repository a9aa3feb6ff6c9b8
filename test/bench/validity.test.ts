import { describe, expect, it } from 'vitest';
import { checkValidity, describeCheck, type ValidityFacts } from '../../src/bench/validity.ts';

const good: ValidityFacts = {
  model: 'open',
  counts: {
    asked_n: 100,
    sent_n: 100,
    done_n: 100,
    ok_n: 100,
    expected_n: 0,
    failed: {},
    dropped_n: 0,
    abandoned_n: 0,
  },
  lateP99Us: 500,
  lateMaxUs: 2_000,
  serviceP50Us: 5_000,
  deliveredRatio: 1,
  loopBusyRatio: 0.3,
  coreWaitRatio: 0.01,
  collectingRatio: 0.001,
  stolenRatio: 0,
  otherCpuRatio: 0.01,
  throttledN: 0,
  trend: 'steady',
  changeRatio: 0.01,
  clockStepMs: 0,
  calibrationRatio: 0.01,
  governorChangedN: 0,
  load1Before: 0.2,
  coresN: 2,
};

const failedIds = (facts: ValidityFacts): string[] =>
  checkValidity(facts)
    .checks.filter(({ state }) => state === 'failed')
    .map(({ id }) => id);

describe('checkValidity()', () => {
  it('does not trust response times that still fall, and only notes those that rise', () => {
    expect(failedIds({ ...good, trend: 'falling', changeRatio: -0.4 })).toEqual(['not-steady']);
    // Certain, but small; large, but by chance.
    expect(failedIds({ ...good, trend: 'falling', changeRatio: -0.05 })).toEqual([]);
    expect(failedIds({ ...good, trend: 'steady', changeRatio: -0.4 })).toEqual([]);
    const { checks, valid } = checkValidity({ ...good, trend: 'rising', changeRatio: 0.9 });
    expect(valid).toBe(true);
    expect(checks.find(({ id }) => id === 'rising')).toMatchObject({ value: 0.9, state: 'warned' });
    const unknown = checkValidity({ ...good, trend: 'unknown', changeRatio: null }).checks;
    expect(unknown.find(({ id }) => id === 'not-steady')?.state).toBe('unknown');
  });

  it('finds a quiet run valid', () => {
    expect(checkValidity(good)).toMatchObject({ valid: true, generator_limited: false });
  });

  it.each([
    ['late-p99', { lateP99Us: 1_001 }],
    ['late-max', { lateMaxUs: 100_001 }],
    ['delivered', { deliveredRatio: 0.98 }],
    ['stolen-cpu', { stolenRatio: 0.06 }],
    ['other-cpu', { otherCpuRatio: 0.06 }],
    ['throttled', { throttledN: 1 }],
    ['clock-step', { clockStepMs: -51 }],
    ['calibration', { calibrationRatio: 0.051 }],
    ['governor', { governorChangedN: 1 }],
    ['no-success', { counts: { ...good.counts, ok_n: 0 } }],
  ])('fails %s', (id, change) => {
    expect(failedIds({ ...good, ...change })).toEqual([id]);
  });

  it('allows lag of a tenth of a long service time', () => {
    expect(failedIds({ ...good, lateP99Us: 4_900, serviceP50Us: 50_000 })).toEqual([]);
  });

  it('never calls ok what it cannot know', () => {
    const { checks, valid } = checkValidity({
      ...good,
      stolenRatio: null,
      otherCpuRatio: null,
      throttledN: null,
      calibrationRatio: null,
      governorChangedN: null,
      load1Before: null,
    });
    expect(checks.filter(({ state }) => state === 'unknown').map(({ id }) => id)).toEqual([
      'stolen-cpu',
      'other-cpu',
      'throttled',
      'calibration',
      'governor',
      'load-before',
    ]);
    expect(valid).toBe(true);
  });

  it('only warns of the load of the minute before', () => {
    const { checks, valid } = checkValidity({ ...good, load1Before: 3 });
    expect(checks.find(({ id }) => id === 'load-before')?.state).toBe('warned');
    expect(valid).toBe(true);
  });

  it('only explains lag by the wait for a core and by collections, which judge nothing themselves', () => {
    const { checks, valid } = checkValidity({ ...good, coreWaitRatio: 0.3, collectingRatio: 0.05 });
    expect(checks.filter(({ state }) => state === 'warned').map(({ id }) => id)).toEqual([
      'core-wait',
      'collecting',
    ]);
    expect(valid).toBe(true);
  });

  it('calls a run generator-limited only when nothing but a busy generator was wrong', () => {
    const busy = { ...good, lateP99Us: 50_000, loopBusyRatio: 0.95 };
    expect(checkValidity(busy).generator_limited).toBe(true);
    expect(checkValidity({ ...busy, loopBusyRatio: 0.5 }).generator_limited).toBe(false);
    expect(checkValidity({ ...busy, otherCpuRatio: 0.4 }).generator_limited).toBe(false);
  });

  it('does not judge the lag of a closed loop, which has no schedule', () => {
    expect(failedIds({ ...good, model: 'closed', lateP99Us: 90_000 })).toEqual([]);
  });
});

describe('describeCheck()', () => {
  it('names value and limit in their units', () => {
    const check = checkValidity({ ...good, otherCpuRatio: 0.26 }).checks.find(({ id }) => id === 'other-cpu');
    expect(check === undefined ? '' : describeCheck(check)).toBe(
      'CPU used by other processes: 26 %, limit 5 %',
    );
  });
});
