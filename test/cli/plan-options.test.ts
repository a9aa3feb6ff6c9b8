import { describe, expect, it } from 'vitest';
import { OptionReader } from '../../src/cli/option-reader.ts';
import type { PlanFlags } from '../../src/cli/plan-flags.ts';
import { type PlanOptions, readPlanOptions } from '../../src/cli/plan-options.ts';
import { EnclaveError } from '../../src/errors.ts';
import type { Curve } from '../../src/planner/curve.ts';

function read(flags: PlanFlags, curve?: Curve): PlanOptions {
  const reader = new OptionReader();
  const options = readPlanOptions({ perDay: '5M', ...flags }, reader, { curve });
  reader.finish('enclave plan');
  if (options === undefined) throw new Error('refused without a message');
  return options;
}

function refusal(flags: PlanFlags, curve?: Curve): string {
  try {
    read(flags, curve);
  } catch (error) {
    if (error instanceof EnclaveError)
      return error.problems.map(({ message, path }) => `${path}: ${message}`).join('\n');
  }
  return 'accepted';
}

const curve: Curve = {
  values: Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1 : 3)),
  source: 'day.csv',
};

describe('the options of enclave plan', () => {
  it('take the peak from the curve, and only an equal one beside it', () => {
    expect(read({}, curve).peakMultiplier).toMatchObject({ value: 1.5, provenance: 'given' });
    expect(read({ peak: '1.5' }, curve).peakMultiplier.value).toBe(1.5);
    expect(refusal({ peak: '3' }, curve)).toMatch(
      /--peak: expected a peak of 1\.5 as of day\.csv.*, got 3; give one of them/,
    );
    expect(refusal({ peakShare: '0.125', peak: '2' })).toMatch(
      /--peak-share: expected a peak of 2 as of --peak, got 3/,
    );
  });

  it('read the settings of the autoscaler in their units', () => {
    expect(
      read({ autoscaler: 'target=0.6, min=2,max=20,ready=90s,down=5min', curve: 'day.csv' }, curve)
        .autoscaler,
    ).toEqual({
      targetUtilisation: 0.6,
      minReplicas: 2,
      maxReplicas: 20,
      readyDelayS: 90,
      scaleDownWindowS: 300,
    });
    const text = refusal({ autoscaler: 'min=9,max=2,speed=3,target=2' });
    for (const part of [/expected --curve beside it/, /min up to max/, /"speed=3"/, /--autoscaler target: /])
      expect(text).toMatch(part);
  });

  it('read a mix with weights in any unit', () => {
    expect(read({ mix: 'a.json:70, b.json:30' }).mix).toEqual([
      { file: 'a.json', weight: 70 },
      { file: 'b.json', weight: 30 },
    ]);
    expect(refusal({ mix: 'a.json:70' })).toMatch(/at least two reports/);
    const text = refusal({ mix: 'a.json:x,:3,c.json:-1', from: ['d.json'] });
    expect(text).toMatch(/either --mix or --from, got both/);
    expect(text.match(/expected a report and a weight above 0/g)).toHaveLength(3);
  });

  it('name every objective that is wrong, and a growth without a sign', () => {
    const text = refusal({ slo: 'p99=10,p0=3ms,mean=5ms', growth: '5' });
    for (const part of [
      /a duration needs its unit/,
      /"p0=3ms"/,
      /"mean=5ms"/,
      /--growth: expected .* got "5"/,
    ])
      expect(text).toMatch(part);
    expect(read({ growth: '0.4/year' }).growthPerYear).toBeCloseTo(0.4, 12);
  });

  it('read several reports, apart or with commas', () => {
    expect(read({ from: ['a.json,b.json', 'c.json'] }).from).toEqual(['a.json', 'b.json', 'c.json']);
  });

  it('read availabilities as percentages, and refuse those that decide nothing', () => {
    const { availability } = read({
      availability: '99.9%',
      instanceAvailability: '99',
      zoneAvailability: '99.95',
    });
    expect(availability).toMatchObject({ target: 0.999, instance: 0.99, zone: 0.9995 });
    expect(refusal({ availability: '0.999' })).toMatch(/from 50 to 99\.999999 percent/);
    expect(refusal({ availability: '100' })).toMatch(/--availability/);
    expect(refusal({ zoneAvailability: '99' })).toMatch(
      /--zone-availability: expected --availability beside it/,
    );
  });

  it('derive the limit from the objectives when asked to', () => {
    expect(read({ slo: 'p99=50ms', maxUtilisation: 'slo' }).maxUtilisation).toMatchObject({
      value: 0.95,
      provenance: 'given',
    });
    expect(refusal({ maxUtilisation: 'slo' })).toMatch(/expected --slo beside it/);
    expect(read({ slo: 'p99=50ms' }).maxUtilisation).toMatchObject({ value: 0.85, provenance: 'assumed' });
    expect(read({}).maxUtilisation.value).toBe(0.7);
  });

  it('name every contradiction at once', () => {
    const text = refusal({
      json: true,
      md: true,
      explain: 'instances',
      fixed: '500',
      budget: '100',
      mixMachines: true,
      capacity: '100/s',
      from: ['a.json'],
      reservedDiscount: '96',
      serverlessMemory: '1MiB',
    });
    for (const part of [
      /--md: expected one form/,
      /--explain: expected text or --json/,
      /--fixed: expected fixed costs within the budget of 100, got 500/,
      /--mix-machines: expected --mix or several reports/,
      /--capacity: expected either --capacity or --from/,
      /--reserved-discount: .*from 0 to 95 percent/,
      /--serverless-memory: .*from 128MiB to 10240MiB/,
    ])
      expect(text).toMatch(part);
  });
});
