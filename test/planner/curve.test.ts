import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCatalogue } from '../../src/planner/catalogue.ts';
import { hourlyRates, parseCurve, peakHourShare, peakOf, rateAtTime } from '../../src/planner/curve.ts';
import type { DayPlan } from '../../src/planner/day-replay.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import type { PlanInput } from '../../src/planner/plan-types.ts';
import type { Sourced } from '../../src/planner/provenance.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';

const flat = Array.from({ length: 24 }, () => 1);
/** 3 of 26 in hour 12. */
const noon = flat.map((value, hour) => (hour === 12 ? 3 : value));

function problems(text: string): string {
  const parsed = parseCurve(text);
  return parsed.ok ? 'none' : parsed.problems.map(({ message, path }) => `${path}: ${message}`).join('\n');
}

describe('parseCurve()', () => {
  it.each([
    ['one value a line', noon.join('\n')],
    ['Windows lines and an empty last line', `${noon.join('\r\n')}\r\n`],
    [
      'hours and values under a heading',
      `hour,load\n${noon.map((value, hour) => `${hour},${value}`).join('\n')}`,
    ],
    ['one line', noon.join(',')],
    ['semicolons', noon.join(';')],
  ])('reads %s', (_, text) => {
    expect(parseCurve(text)).toEqual({ ok: true, values: noon, changes: [] });
  });

  it('reads a week', () => {
    expect(parseCurve(Array.from({ length: 168 }, (_, hour) => hour).join('\n')).ok).toBe(true);
  });

  describe('where clocks change', () => {
    const lines = (hours: readonly number[]) => hours.map((hour) => `${hour},${10 * hour}`).join('\n');
    const day = Array.from({ length: 24 }, (_, hour) => hour);

    it('takes the hour that a day of 23 lacks as the mean of its neighbours', () => {
      const parsed = parseCurve(lines(day.filter((hour) => hour !== 2)));
      expect(parsed).toEqual({
        ok: true,
        values: day.map((hour) => 10 * hour),
        changes: ['hour 2 missing, taken as its neighbours'],
      });
    });

    it('averages the hour that stands twice in a day of 25', () => {
      const parsed = parseCurve(
        ['0,1', '1,1', '2,4', '2,8', ...day.slice(3).map((hour) => `${hour},1`)].join('\n'),
      );
      expect(parsed).toEqual({
        ok: true,
        values: day.map((hour) => (hour === 2 ? 6 : 1)),
        changes: ['hour 2 twice, averaged'],
      });
    });

    it('finds them in a week, and both in one file', () => {
      const week = Array.from({ length: 168 }, (_, hour) => hour);
      const spring = week.filter((hour) => hour !== 146);
      expect(parseCurve(lines(spring))).toMatchObject({ ok: true, values: week.map((hour) => 10 * hour) });
      const both = spring.flatMap((hour) => (hour === 150 ? [hour, hour] : [hour]));
      expect(parseCurve(lines(both))).toMatchObject({ ok: true, values: week.map((hour) => 10 * hour) });
      const other = week.flatMap((hour) => (hour === 5 ? [hour, hour] : hour === 100 ? [] : [hour]));
      expect(parseCurve(lines(other))).toMatchObject({ ok: true, values: week.map((hour) => 10 * hour) });
    });

    it('refuses two of a kind, and lengths without hours that tell which', () => {
      expect(problems(lines(day.filter((hour) => hour !== 2 && hour !== 5)))).toMatch(
        /expected one value, or hour 5/,
      );
      expect(problems(lines([0, 1, 1, 1, ...day.slice(2)]))).toMatch(/line 4: expected one value, or hour 2/);
      expect(problems(Array.from({ length: 25 }, () => 1).join('\n'))).toMatch(
        /clocks change needs hour,value lines/,
      );
    });
  });

  it('refuses every bad value with its line, and a wrong length', () => {
    const text = problems('load\n1\n-2\nmany\n\n1,000\n');
    expect(text).toMatch(/line 3: expected a number of at least 0, got "-2"/);
    expect(text).toMatch(/line 4: expected a number of at least 0, got "many"/);
    expect(text).toMatch(/line 6: expected one value, or hour 3 and a value/);
    expect(text).toMatch(/file: expected 24 values \(a day\) or 168 \(a week\), got 4/);
  });

  it.each([
    ['', /got 0/],
    [Array.from({ length: 24 }, () => 0).join('\n'), /at least one value above 0/],
    [Array.from({ length: 23 }, () => 1).join('\n'), /got 23/],
    [Array.from({ length: 200 }, () => 'x').join('\n'), /and \d+ more problems/],
  ])('refuses %j', (text, reason) => {
    expect(problems(text)).toMatch(reason);
  });
});

describe('the shape of a curve', () => {
  it('has its peak over its mean, and the share of the busiest hour in its day', () => {
    // 3 / (26 / 24) and 3 / 26.
    expect(peakOf({ values: noon })).toBeCloseTo(72 / 26, 12);
    expect(peakHourShare({ values: noon })).toBeCloseTo(3 / 26, 12);
    expect(peakOf({ values: flat })).toBe(1);
  });

  it('keeps the mean rate, and moves in lines between the middles of hours', () => {
    const rates = hourlyRates({ values: noon }, 10);
    expect(rates.reduce((sum, rate) => sum + rate, 0) / 24).toBeCloseTo(10, 12);
    expect(rateAtTime(rates, 12.5 * 3_600)).toBeCloseTo(rates[12] ?? 0, 9);
    expect(rateAtTime(rates, 12 * 3_600)).toBeCloseTo(((rates[11] ?? 0) + (rates[12] ?? 0)) / 2, 9);
    expect(rateAtTime(rates, 0)).toBeCloseTo(rates[0] ?? 0, 9);
  });
});

const type = {
  type: 'box',
  pricePerHourUsd: 0.1,
  vcpu: 2,
  memoryGib: 4,
  arch: 'amd64',
  burstable: false,
} as const;
const catalogue = parseCatalogue({ region: 'r', asOf: '2026-07-20', types: [type] });
const given = (value: number): Sourced => ({ value, provenance: 'given', source: 'test' });

/** 100 executions a second on a box of two processors: 20 ms each. */
function day(values: readonly number[], changes: Partial<PlanInput> = {}): DayPlan {
  const plan = planCapacity({
    perDay: given(86_400 * 200),
    peakMultiplier: given(peakOf({ values })),
    workload: workloadFromCapacity(given(100), type),
    slos: [],
    maxUtilisation: given(0.7),
    queue: 'pooled',
    availability: { floor: 1, spares: 0, zones: 1, loseZones: 0 },
    catalogue,
    types: [],
    curve: { values, source: 'curve.csv' },
    ...changes,
  });
  if (plan.day === null) throw new Error('no day');
  return plan.day;
}

describe('a plan over the day', () => {
  it('saves nothing on a flat curve: the autoscaler keeps what was bought', () => {
    // 200/s of 20 ms are 4 erlangs: 4 / (2 x 0.7) = 2.86, so 3 boxes all day.
    const { autoscaled, fixed, hours, ideal } = day(flat);
    expect(fixed).toEqual({ instanceHours: 72, usdPerMonth: 219, missShare: 0 });
    expect(autoscaled.instanceHours).toBe(72);
    expect(ideal.instanceHours).toBe(72);
    expect(hours.map(({ needed }) => needed)).toEqual(Array.from({ length: 24 }, () => 3));
  });

  it('follows a wave at less cost than the peak all day, and never below the ideal of its hours', () => {
    const wave = flat.map((_, hour) => 1 - 0.9 * Math.cos((2 * Math.PI * hour) / 24));
    const { autoscaled, fixed, hours, ideal, peakHour } = day(wave);
    expect(peakHour).toBe(12);
    expect(autoscaled.instanceHours).toBeLessThan(0.85 * fixed.instanceHours);
    expect(ideal.instanceHours).toBeLessThan(autoscaled.instanceHours);
    expect(autoscaled.most).toBeLessThanOrEqual(6);
    expect(autoscaled.missShare).toBe(0);
    expect(hours[0]?.autoscaled).toBeLessThan(hours[12]?.autoscaled ?? 0);
    expect(autoscaled.usdPerMonth).toBeCloseTo((autoscaled.instanceHours / 24) * 0.1 * 730, 2);
  });

  it('misses while a slow autoscaler lags behind a steep hour, and says in which', () => {
    const steep = flat.map((_, hour) => (hour < 12 ? 0.1 : 2));
    const lag = (readyDelayS: number) =>
      day(steep, { autoscaler: { readyDelayS, targetUtilisation: 0.9, minReplicas: 1 } });
    expect(lag(1_200).autoscaled.missShare).toBeGreaterThan(lag(15).autoscaled.missShare);
    const { hours } = lag(1_200);
    expect(hours.filter(({ missShare }) => missShare > 0).map(({ hour }) => hour)).toEqual(
      expect.arrayContaining([12]),
    );
    expect(hours[20]?.missShare).toBe(0);
  });

  it('needs more when every execution is simulated: the shrinking window keeps the highest of noisy readings', () => {
    const wave = flat.map((_, hour) => 1 - 0.8 * Math.cos((2 * Math.PI * hour) / 24));
    // 2/s of 2 s each on boxes of two processors: 4 erlangs in the mean.
    const slow = workloadFromCapacity(given(1), type);
    const { autoscaled, simulated } = day(wave, {
      perDay: given(86_400 * 2),
      workload: slow,
      simulation: { seed: 1, executions: 1_000 },
      maxUtilisation: given(0.6),
    });
    // Some 30 executions in the 15 s of a reading: a standard error of 1 / sqrt(30), and the highest of 20 readings counts.
    const ratio = (simulated?.instanceHours ?? 0) / autoscaled.instanceHours;
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(1 + 2.5 / Math.sqrt(30));
    expect(day(flat).simulated).toBeNull();
  });

  it('refuses a curve that contradicts the peak', () => {
    expect(() => day(noon, { peakMultiplier: given(3) })).toThrow(
      /curve: expected a curve with the peak multiplier 3/,
    );
  });

  it('replays a week', () => {
    const week = Array.from({ length: 168 }, (_, hour) => (hour < 120 ? 2 : 1));
    const { fixed, hours } = day(week);
    expect(hours).toHaveLength(168);
    expect(fixed.usdPerMonth).toBeCloseTo((fixed.instanceHours / 168) * 0.1 * 730, 6);
  });
});

describe('the shipped catalogue', () => {
  it('prices the curve of a real type', () => {
    const shipped = parseCatalogue(
      JSON.parse(readFileSync(new URL('../../catalogue/ec2-prices.json', import.meta.url), 'utf8')),
    );
    const { fixed } = day(flat, { catalogue: shipped, types: ['c6i.large'] });
    expect(fixed.usdPerMonth).toBeCloseTo((fixed.instanceHours / 24) * 0.085 * 730, 6);
  });
});
