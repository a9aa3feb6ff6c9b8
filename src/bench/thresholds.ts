// Goals that a run must meet: `p99<85ms`, `errors<0.1%`, `script:lookup:p95(ok)<=40ms`. Parsed before the run, judged after it.
import { invalidInput, type Problem } from '../errors.ts';
import {
  type Counts,
  LATENCY_METRICS,
  type LatencySummary,
  type PercentileField,
  type Rates,
  type ThresholdResult,
} from '../report/run-report.ts';
import { type Parsed, parseDuration, parseRate } from '../units.ts';

type Operator = '<' | '<=' | '>' | '>=';

/** What a threshold looks at. */
export type Subject =
  | {
      readonly kind: 'latency';
      readonly metric: LatencySummary['metric'];
      readonly scope: string;
      readonly field: PercentileField | 'max_us' | 'mean_us';
    }
  | { readonly kind: 'errors' | 'dropped' | 'rate' };

export interface Threshold {
  readonly text: string;
  readonly subject: Subject;
  readonly operator: Operator;
  /** µs, ratio 0..1, or per second, by the subject. */
  readonly limit: number;
}

/** What a threshold is judged on. */
export type Judged = {
  readonly latency: readonly LatencySummary[];
  readonly counts: Counts;
  readonly rates: Pick<Rates, 'done_per_s'>;
};

const FORM =
  /^(?:(?<kind>phase|script|tenant):(?<name>[\w.-]+):|(?<phase>[\w.-]+):)?(?<metric>[a-z]+_)?(?<what>p50|p75|p90|p95|p99|p99\.9|max|mean|errors|dropped|rate)(?<ok>\(ok\))?\s*(?<operator><=|>=|<|>)\s*(?<value>.+)$/u;

const EXPECTED =
  'expected a threshold such as p99<85ms, p99(ok)<85ms, service_p95<=20ms, script:NAME:p99<1s, errors<0.1%, dropped<1% or rate>100/s';

const FIELDS: Readonly<Record<string, PercentileField | 'max_us' | 'mean_us'>> = {
  p50: 'p50_us',
  p75: 'p75_us',
  p90: 'p90_us',
  p95: 'p95_us',
  p99: 'p99_us',
  'p99.9': 'p99_9_us',
  max: 'max_us',
  mean: 'mean_us',
};

/** One threshold from its text. */
export function parseThreshold(text: string): Parsed<Threshold> {
  const parts = FORM.exec(text.trim())?.groups;
  const refused = { ok: false, message: `${EXPECTED}, got ${JSON.stringify(text)}` } as const;
  if (parts === undefined) return refused;
  const { kind, metric: prefix, name, ok, operator, phase, value = '', what = '' } = parts;
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') return refused;
  const field = FIELDS[what];
  if (field === undefined) {
    if (what !== 'errors' && what !== 'dropped' && what !== 'rate') return refused;
    const isBare = prefix === undefined && ok === undefined && kind === undefined && phase === undefined;
    const limit = what === 'rate' ? parseRate(value) : parseShare(value);
    if (!isBare) return refused;
    return limit.ok ? done(text, { kind: what }, operator, limit.value) : limit;
  }
  const metric = LATENCY_METRICS.find((known) => `${known}_` === (prefix ?? 'response_'));
  const limit = parseDuration(value);
  if (metric === undefined) return refused;
  if (!limit.ok) return { ok: false, message: `${limit.message} in the threshold ${JSON.stringify(text)}` };
  const isScoped = kind !== undefined || phase !== undefined;
  // Distributions of one script, phase or tenant are kept of response times, failures included.
  if (isScoped && (metric !== 'response' || ok !== undefined)) return refused;
  const scope = isScoped ? scopeOf(kind, name ?? phase ?? '') : ok === undefined ? 'all' : 'ok';
  return done(text, { kind: 'latency', metric, scope, field }, operator, limit.value * 1_000);
}

/** `others`: all tenants but the hostile ones of the scenario. */
function scopeOf(kind: string | undefined, name: string): string {
  return kind === undefined && name === 'others' ? name : `${kind ?? 'phase'}:${name}`;
}

function done(text: string, subject: Subject, operator: Operator, limit: number): Parsed<Threshold> {
  return { ok: true, value: { text: text.trim(), subject, operator, limit } };
}

/** `0.1%` or `0.001` to a ratio. */
function parseShare(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/u.exec(text.trim());
  const value = match === null ? NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return { ok: true, value };
  return { ok: false, message: `expected a share such as 0.1% or 0.001, got ${JSON.stringify(text)}` };
}

/** Drops a run by themselves fail it, unless a threshold of its own speaks of them. */
const IMPLICIT_DROPPED = 'dropped<1%';

/**
 * Every threshold of a run; in the open model with the implicit `dropped<1%`.
 *
 * @throws EnclaveError INVALID_INPUT with every text that is none
 */
export function parseThresholds(texts: readonly string[], model: 'open' | 'closed'): Threshold[] {
  const problems: Problem[] = [];
  const read = (text: string, path: string): Threshold[] => {
    const parsed = parseThreshold(text);
    if (parsed.ok) return [parsed.value];
    problems.push({ path, message: parsed.message });
    return [];
  };
  const given = texts.flatMap((text, index) => read(text, `thresholds[${index}]`));
  if (problems.length > 0) throw invalidInput('bench', problems);
  const speaksOfDrops = given.some(({ subject }) => subject.kind === 'dropped');
  return model === 'closed' || speaksOfDrops ? given : [...given, ...read(IMPLICIT_DROPPED, 'implicit')];
}

/** What became of one threshold. A percentile among the failed executions exceeds every limit. */
export function judgeThreshold(threshold: Threshold, judged: Judged): ThresholdResult {
  const { limit, operator, subject, text } = threshold;
  const { unit, value, scale, isCensored } = measure(subject, judged);
  if (value === null) {
    const isUpper = operator === '<' || operator === '<=';
    return { text, value: null, unit, state: isCensored && isUpper ? 'fail' : 'unsupported' };
  }
  return { text, value: value * scale, unit, state: compare(value, operator, limit) ? 'pass' : 'fail' };
}

interface Measured {
  readonly value: number | null;
  /** From the unit of the comparison to the one that is shown. */
  readonly scale: number;
  readonly unit: string;
  readonly isCensored: boolean;
}

function measure(subject: Subject, { counts, latency, rates }: Judged): Measured {
  if (subject.kind === 'latency') return measureLatency(subject, latency);
  if (subject.kind === 'rate') return { value: rates.done_per_s, scale: 1, unit: '/s', isCensored: false };
  const failedN = Object.values(counts.failed).reduce((sum, n) => sum + n, counts.abandoned_n);
  const n = subject.kind === 'errors' ? failedN : counts.dropped_n;
  return {
    value: counts.asked_n === 0 ? null : n / counts.asked_n,
    scale: 100,
    unit: '%',
    isCensored: false,
  };
}

function measureLatency(
  { field, metric, scope }: Extract<Subject, { kind: 'latency' }>,
  latency: readonly LatencySummary[],
): Measured {
  const find = (name: string): LatencySummary | undefined =>
    latency.find((entry) => entry.metric === metric && entry.scope === name);
  // Without a failure `ok` and `all` are one, and only `all` is kept.
  const summary = find(scope) ?? (scope === 'ok' ? find('all') : undefined);
  const hasFailures = (summary?.censored_n ?? 0) > 0;
  const isExtreme = field === 'max_us' || field === 'mean_us';
  const isCensored = isExtreme ? hasFailures : summary?.not_given[field] === 'censored';
  return {
    value: isExtreme && hasFailures ? null : (summary?.[field] ?? null),
    scale: 1e-3,
    unit: 'ms',
    isCensored,
  };
}

function compare(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
}
