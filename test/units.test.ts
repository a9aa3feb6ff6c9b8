import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDuration,
  formatSize,
  parseCount,
  parseDuration,
  parseRate,
  parseSize,
  parseVolume,
} from '../src/units.ts';

const read = (parsed: { ok: boolean; value?: number }) => (parsed.ok ? parsed.value : undefined);
const complaint = (parsed: { ok: boolean; message?: string }) => (parsed.ok ? undefined : parsed.message);

describe('parseDuration()', () => {
  it.each([
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5min', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['500us', 0.5],
    [' 3 s ', 3_000],
  ])('reads %s as %d ms', (text, ms) => expect(read(parseDuration(text))).toBeCloseTo(ms, 9));

  it.each(['', '5', '1y', 'fast', '5 s s', 'NaN', 'Infinitys', '1e999s'])('refuses %j', (text) =>
    expect(complaint(parseDuration(text))).toContain('expected a duration'),
  );

  it('asks which m was meant', () => expect(complaint(parseDuration('5m'))).toContain('write ms or min'));
});

describe('parseSize()', () => {
  it('keeps binary and decimal units apart', () => {
    expect(read(parseSize('64MiB'))).toBe(67_108_864);
    expect(read(parseSize('64MB'))).toBe(64_000_000);
  });

  it.each(['64', '64M', '64m', '12 parsecs'])('refuses %j', (text) => expect(parseSize(text).ok).toBe(false));
});

describe('parseCount()', () => {
  it.each([
    ['5M', 5e6],
    ['1.2k', 1_200],
    ['1B', 1e9],
    ['2.5e6', 2.5e6],
    ['1_000', 1_000],
    ['-1', -1],
  ])('reads %s', (text, value) => expect(read(parseCount(text))).toBe(value));

  it('refuses 5m with the three things it could mean', () => {
    expect(complaint(parseCount('5m'))).toContain('milli, minute or million: write 5M, 0.005 or 5min');
  });

  it('never answers anything but a finite number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseCount(text);
        return !parsed.ok || Number.isFinite(parsed.value);
      }),
    );
  });

  it('reads back every number it is given', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (value) => read(parseCount(String(value))) === value,
      ),
    );
  });
});

describe('parseRate() and parseVolume()', () => {
  it('divides by the period, a month being 730 hours', () => {
    expect(read(parseRate('100/s'))).toBe(100);
    expect(read(parseRate('30/min'))).toBe(0.5);
    expect(read(parseRate('5M/day'))).toBeCloseTo(57.870_37, 6);
    expect(read(parseRate('2628000/month'))).toBe(1);
  });

  it('accepts the period that the flag already names, and no other', () => {
    expect(read(parseVolume('5M', 'day'))).toBe(5e6);
    expect(read(parseVolume('5M/day', 'day'))).toBe(5e6);
    expect(complaint(parseVolume('5M/month', 'day'))).toContain('this one is per month');
  });

  it.each(['100', '100/fortnight', '/s'])('refuses the rate %j', (text) =>
    expect(parseRate(text).ok).toBe(false),
  );
});

describe('formatting', () => {
  it('chooses the unit a person would', () => {
    expect(formatDuration(0.25)).toBe('250 µs');
    expect(formatDuration(180)).toBe('180 ms');
    expect(formatDuration(2_500)).toBe('2.5 s');
    expect(formatDuration(200_000)).toBe('3 min 20 s');
    expect(formatSize(67_108_864)).toBe('64 MiB');
    expect(formatCount(12_013)).toBe('12,013');
  });
});
