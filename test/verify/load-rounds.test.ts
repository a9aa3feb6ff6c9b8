import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/report/run-report.ts';
import { findFullLoad, loadOf, runRounds } from '../../src/verify/load-rounds.ts';
import { runReport } from '../planner/report-fixture.ts';

const base = runReport();
const disturbedBy = (id: string): RunReport =>
  runReport({
    validity: {
      valid: false,
      generator_limited: false,
      checks: [{ id, value: 1, limit: 0, unit: 'ratio', state: 'failed' }],
    },
  });

describe('runRounds()', () => {
  it('goes forth and back, so that a drift meets all loads alike', async () => {
    const seen: string[] = [];
    const reports = await runRounds({
      loads: ['full', 0.15, 0.45],
      rounds: 2,
      repeats: 0,
      run: async (index, round) => {
        seen.push(`${round}:${index}`);
        return base;
      },
    });
    expect(seen).toEqual(['0:0', '0:1', '0:2', '1:2', '1:1', '1:0']);
    expect(reports.map(({ length }) => length)).toEqual([2, 2, 2]);
  });

  it('makes a run again that other programs disturbed, but not for what it measured, and not without end', async () => {
    const answers = ['other-cpu', 'stolen-cpu', 'other-cpu', 'late-p99', 'not-steady'].map(disturbedBy);
    const spoilt: string[] = [];
    const reports = await runRounds({
      loads: [0.5],
      rounds: 3,
      repeats: 2,
      run: async () => answers.shift() ?? base,
      onSpoilt: (index, reasons) => spoilt.push(`${index} ${reasons.join()}`),
    });
    expect(spoilt).toEqual(['0 other-cpu', '0 stolen-cpu']);
    expect(reports[0]?.map(({ validity }) => validity.checks[0]?.id)).toEqual([
      'other-cpu',
      'late-p99',
      'not-steady',
    ]);
  });

  it('ends with what it has when a run is interrupted', async () => {
    const answers = [base, runReport({ complete: false })];
    const run = async () => answers.shift() ?? base;
    expect(await runRounds({ loads: [0.1, 0.2], rounds: 2, repeats: 5, run })).toEqual([[base], []]);
  });
});

describe('findFullLoad()', () => {
  it('keeps twice as much in flight as fills the cores, by the time and CPU of a light run', async () => {
    const loads: unknown[] = [];
    const none = { p50_us: null, p75_us: null, p90_us: null, p95_us: null, p99_us: null, p99_9_us: null };
    const times = { mean_us: 60_000, min_us: null, max_us: null, not_given: {}, hdr_v2: '' };
    const latency = [{ metric: 'service', scope: 'all', n: 100, censored_n: 0, ...times, ...none }] as const;
    const full = await findFullLoad(2, async (load) => {
      loads.push(load);
      return runReport({ latency, rates: { ...base.rates, done_per_s: 700 } });
    });
    // 4 ms of CPU and 60 ms of time on 2 cores: 30 in flight fill them; the light run may overstate the cost twofold.
    expect(loads).toEqual([{ ratePerSecond: 30 }, { concurrency: 120 }]);
    expect(full).toEqual({ inFlight: 120, perSecond: 700 });
    expect(loadOf(0.5, { inFlight: 120, perSecond: 700 })).toEqual({ ratePerSecond: 350 });
    expect(loadOf('full', { inFlight: 120, perSecond: 700 })).toEqual({ concurrency: 120 });
  });

  it('has no answer where the light run tells no times', async () => {
    expect(await findFullLoad(2, async () => base)).toBeUndefined();
  });
});
