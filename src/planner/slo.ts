// Service level objectives of a plan: `p99=100ms` for the response time, `wait95=50ms` for the wait alone.
import { type Parsed, parseDuration } from '../units.ts';

export interface Slo {
  /** `response` = wait + service with its tool calls; `wait` = time until an execution gets a processor. */
  readonly metric: 'response' | 'wait';
  /** Share of executions, 0..1: 0.99 for p99. */
  readonly p: number;
  readonly limitMs: number;
  /** As a person writes it: `p99 <= 100 ms` is `p99=100ms`. */
  readonly text: string;
}

const EXPECTED = 'expected an objective such as p99=100ms or wait95=50ms';

/** `p99=100ms`, `p99.9<1s`, `wait95=50ms`. Several are separated by commas or blanks; all that are wrong are named. */
export function parseSlos(text: string): Parsed<readonly Slo[]> {
  const parsed = text
    .split(/[\s,]+/)
    .filter((piece) => piece !== '')
    .map(parseSlo);
  const bad = parsed.flatMap((one) => (one.ok ? [] : [one.message]));
  if (bad.length > 0) return { ok: false, message: bad.join('; ') };
  const slos = parsed.flatMap((one) => (one.ok ? [one.value] : []));
  return slos.length > 0 ? { ok: true, value: slos } : refuse(text);
}

function parseSlo(text: string): Parsed<Slo> {
  const match = /^(p|wait)(\d+(?:\.\d+)?)(?:=|<=|<)(.+)$/.exec(text);
  if (match === null) return refuse(text);
  const percent = Number(match[2]);
  if (!(percent > 0 && percent < 100))
    return { ok: false, message: `expected a percentile above 0 and below 100, got ${JSON.stringify(text)}` };
  const limit = parseDuration(match[3] ?? '');
  if (!limit.ok) return limit;
  if (limit.value <= 0)
    return { ok: false, message: `expected a limit above 0, got ${JSON.stringify(text)}` };
  const metric = match[1] === 'p' ? 'response' : 'wait';
  // 99.9 / 100 is not the nearest double to 0.999; one rounding at 12 digits mends that.
  return { ok: true, value: { metric, p: Number((percent / 100).toFixed(12)), limitMs: limit.value, text } };
}

function refuse(text: string): Parsed<never> {
  return { ok: false, message: `${EXPECTED}, got ${JSON.stringify(text)}` };
}

/** `p99`, `p99.9`, `wait95`. */
export function sloName({ metric, p }: Pick<Slo, 'metric' | 'p'>): string {
  return `${metric === 'wait' ? 'wait' : 'p'}${Number((p * 100).toFixed(6))}`;
}
