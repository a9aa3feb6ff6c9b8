// Text to numbers and back: durations, sizes, counts and rates. No other module converts units.

/** What a parser answers: the value, or one sentence saying what was expected and what was found. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

const DURATION_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

const COUNT_FACTOR: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, B: 1e9 };

/** A month is 730 h, a year 8,760 h: the convention of cloud prices. */
export const HOURS_PER_MONTH = 730;
export const SECONDS_PER_DAY = 86_400;

const PERIOD_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  min: 60,
  h: 3_600,
  day: SECONDS_PER_DAY,
  week: 7 * SECONDS_PER_DAY,
  month: HOURS_PER_MONTH * 3_600,
  year: 12 * HOURS_PER_MONTH * 3_600,
};

const NUMBER = /^\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$/su;

/** `5s`, `250ms`, `1.5min` to milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const expected = 'expected a duration such as 250ms, 5s or 2min (units us, ms, s, min, h, d)';
  return parseWithUnit(text, DURATION_MS, expected, {
    m: 'm could mean milli or minute: write ms or min',
    '': 'a duration needs its unit',
  });
}

/** `64MiB`, `1.5GB`, `512B` to bytes (rounded to a whole byte). MiB is binary, MB decimal. */
export function parseSize(text: string): Parsed<number> {
  const parsed = parseWithUnit(text, SIZE_BYTES, 'expected a size such as 64MiB, 256KiB or 1.5GB', {
    '': 'a size needs its unit; 64MiB is binary, 64MB decimal',
    M: 'write MiB or MB',
    K: 'write KiB or KB',
    k: 'write KiB or KB',
    G: 'write GiB or GB',
    m: 'write MiB or MB',
  });
  return parsed.ok ? { ok: true, value: Math.round(parsed.value) } : parsed;
}

/** `5M`, `1.2k`, `1B`, `2.5e6` to a number. */
export function parseCount(text: string): Parsed<number> {
  return parseWithUnit(text, COUNT_FACTOR, 'expected a number such as 500, 1.2k, 5M or 1B', COUNT_HINTS);
}

const COUNT_HINTS: Readonly<Record<string, string>> = {
  m: 'm could mean milli, minute or million: write 5M, 0.005 or 5min',
  K: 'write k for thousand',
  b: 'write B for billion (1e9)',
};

/** `100/s`, `30/min`, `5M/day`, `10M/month` to events per second. Without `/period` the text is refused. */
export function parseRate(text: string): Parsed<number> {
  const expected =
    'expected a rate such as 100/s, 30/min or 5M/day (periods s, min, h, day, week, month, year)';
  const slash = text.indexOf('/');
  if (slash < 0) return refuse(expected, text, 'a rate needs its period');
  const count = parseCount(text.slice(0, slash));
  if (!count.ok) return count;
  const seconds = PERIOD_SECONDS[text.slice(slash + 1).trim()];
  if (seconds === undefined) return refuse(expected, text);
  return { ok: true, value: count.value / seconds };
}

/** A volume of one given period: `5M` and `5M/day` are the same for `day`; `5M/month` is refused there. */
export function parseVolume(text: string, period: string): Parsed<number> {
  const slash = text.indexOf('/');
  if (slash < 0) return parseCount(text);
  const found = text.slice(slash + 1).trim();
  if (found !== period) {
    return refuse(
      `expected a volume per ${period} such as 5M or 5M/${period}`,
      text,
      `this one is per ${found || 'nothing'}`,
    );
  }
  return parseCount(text.slice(0, slash));
}

function parseWithUnit(
  text: string,
  factors: Readonly<Record<string, number>>,
  expected: string,
  hints: Readonly<Record<string, string>>,
): Parsed<number> {
  const match = NUMBER.exec(text);
  if (match === null) return refuse(expected, text);
  const unit = match[2] ?? '';
  const factor = Object.hasOwn(factors, unit) ? factors[unit] : undefined;
  if (factor === undefined)
    return refuse(expected, text, Object.hasOwn(hints, unit) ? hints[unit] : undefined);
  const value = Number((match[1] ?? '').replaceAll('_', '')) * factor;
  return Number.isFinite(value) ? { ok: true, value } : refuse(expected, text);
}

function refuse(expected: string, text: string, hint?: string): Parsed<never> {
  const because = hint === undefined ? '' : ` (${hint})`;
  return { ok: false, message: `${expected}, got ${JSON.stringify(text)}${because}` };
}

/** Milliseconds for people: `180 ms`, `2.5 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (ms < 1) return `${trim(ms * 1_000)} µs`;
  if (ms < 1_000) return `${trim(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3_600),
    Math.floor((seconds % 3_600) / 60),
    seconds % 60,
  ];
  const parts = [
    hours > 0 ? `${hours} h` : '',
    minutes > 0 ? `${minutes} min` : '',
    rest > 0 ? `${rest} s` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Bytes for people, in binary units: `64 MiB`, `1.5 KiB`. */
export function formatSize(bytes: number): string {
  const step = [
    { unit: 'GiB', size: 2 ** 30 },
    { unit: 'MiB', size: 2 ** 20 },
    { unit: 'KiB', size: 2 ** 10 },
  ].find(({ size }) => bytes >= size);
  return step === undefined ? `${trim(bytes)} B` : `${trim(bytes / step.size)} ${step.unit}`;
}

/** A count for people: `12,013`; fractions keep at most `digits` places (default 2). */
export function formatCount(value: number, digits = 2): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** Events per second for people: `173.61/s`. */
export function formatRate(perSecond: number): string {
  return `${formatCount(perSecond, perSecond < 10 ? 3 : 1)}/s`;
}

function trim(value: number): string {
  // The first use of a locale costs 25 ms, and most limits of `--help` are such numbers.
  if (Number.isInteger(value) && Math.abs(value) < 1_000) return String(value);
  return value.toLocaleString('en-US', { maximumSignificantDigits: value < 100 ? 3 : 4 });
}
