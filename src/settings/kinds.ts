// The kinds of values that settings have. Each takes the value as a configuration file holds it, or the text that an environment
// variable or a flag holds, so that all of them are checked alike.
import { z } from 'zod';
import type { RoutingRule } from '../broker/routing.ts';
import { toEnclaveError } from '../errors.ts';
import type { ExecutionLimits } from '../execution.ts';
import { LIMITS, limitProblems } from '../limits.ts';
import type { Labels } from '../protocol/events.ts';
import { labels as readLabels } from '../protocol/fields.ts';
import { type Parsed, parseCount, parseDuration, parseSize } from '../units.ts';

const given = z.unknown();

/** A kind made of one function; what it throws is the problem. */
function kind<T>(read: (value: unknown) => T): z.ZodType<T> {
  return given.transform((value, context) => {
    try {
      return read(value);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** The range in words, in the unit that is written: `from 1s to 24h`. */
  readonly words: string;
}

function quantity(parse: (text: string) => Parsed<number>, { min, max, words }: Range, isWhole: boolean) {
  return kind((value) => {
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed?.ok === false) throw new Error(parsed.message);
    const number = parsed === undefined ? value : parsed.value;
    if (
      typeof number === 'number' &&
      number >= min &&
      number <= max &&
      (!isWhole || Number.isInteger(number))
    )
      return number;
    throw new Error(
      `expected a ${isWhole ? 'whole number' : 'value'} ${words}, got ${JSON.stringify(value)}`,
    );
  });
}

/** ms as a number, or text such as `30s`. */
export function duration(min: number, max: number, words: string): z.ZodType<number> {
  return quantity(parseDuration, { min, max, words }, false);
}

/** Bytes as a number, or text such as `64MiB`. */
export function size(min: number, max: number, words: string): z.ZodType<number> {
  return quantity(parseSize, { min, max, words }, true);
}

export function whole(min: number, max: number, words: string): z.ZodType<number> {
  return quantity(parseCount, { min, max, words }, true);
}

export function ratio(): z.ZodType<number> {
  return quantity(parseCount, { min: 0, max: 1, words: 'from 0 to 1' }, false);
}

export function perSecond(): z.ZodType<number> {
  return quantity(parseCount, { min: 1e-6, max: 1e6, words: 'above 0, up to 1M' }, false);
}

export function text(what: string): z.ZodType<string> {
  return kind((value) => {
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw new Error(`expected ${what}, got ${JSON.stringify(value)}`);
  });
}

export function choice<const T extends string>(choices: readonly T[]): z.ZodType<T> {
  return kind((value) => {
    const found = choices.find((each) => each === value);
    if (found !== undefined) return found;
    throw new Error(`expected one of ${choices.join(', ')}, got ${JSON.stringify(value)}`);
  });
}

export function yesNo(): z.ZodType<boolean> {
  return kind((value) => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw new Error(`expected true or false, got ${JSON.stringify(value)}`);
  });
}

/** A list of texts, or one text with commas. */
export function list(what: string): z.ZodType<readonly string[]> {
  return kind((value) => {
    const items: readonly unknown[] = Array.isArray(value)
      ? value
      : String(value)
          .split(',')
          .map((item) => item.trim());
    const texts = items.filter((item): item is string => typeof item === 'string' && item !== '');
    if (texts.length === items.length && texts.length > 0) return texts;
    throw new Error(`expected a list of ${what}, got ${JSON.stringify(value)}`);
  });
}

/** `{region: eu}`, or text such as `region=eu,tier=standard`, or a list of such texts. */
export function labelMap(): z.ZodType<Labels> {
  return kind((value) => labelsOf(value, 'labels'));
}

function labelsOf(value: unknown, what: string): Labels {
  const pairs = typeof value === 'string' ? value.split(',') : value;
  const object = Array.isArray(pairs)
    ? Object.fromEntries(
        pairs.map((pair) => {
          const [name = '', ...rest] = String(pair).split('=');
          return [name.trim(), rest.join('=')];
        }),
      )
    : pairs;
  try {
    return { ...readLabels(object, what) };
  } catch (thrown) {
    throw new Error(
      `expected labels such as region=eu, got ${JSON.stringify(value)} (${toEnclaveError(thrown).message})`,
      { cause: thrown },
    );
  }
}

/** A list of `{match, target}`, or of texts such as `priority=high:tier=premium`. */
export function routingRules(): z.ZodType<readonly RoutingRule[]> {
  return kind((value) => {
    const rules: readonly unknown[] = Array.isArray(value) ? value : String(value).split(/\s+/u);
    return rules.map((rule) => {
      if (typeof rule === 'string') {
        const [match, target, ...rest] = rule.split(':');
        if (match !== undefined && target !== undefined && rest.length === 0)
          return { match: labelsOf(match, 'match'), target: labelsOf(target, 'target') };
      } else if (typeof rule === 'object' && rule !== null && 'match' in rule && 'target' in rule) {
        const unknown = Object.keys(rule).filter((key) => key !== 'match' && key !== 'target');
        if (unknown.length > 0) throw new Error(`expected match and target only, got ${unknown.join(', ')}`);
        return { match: labelsOf(rule.match, 'match'), target: labelsOf(rule.target, 'target') };
      }
      throw new Error(
        `expected labels:labels such as priority=high:tier=premium, got ${JSON.stringify(rule)}`,
      );
    });
  });
}

/** Limits of an execution by name, or their JSON. */
export function executionLimits(): z.ZodType<Partial<ExecutionLimits>> {
  return kind((value) => {
    const object = jsonObject(value);
    const problems = limitProblems(object);
    if (problems.length > 0)
      throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('; '));
    return Object.fromEntries(
      Object.entries(object).filter(
        (entry): entry is [string, number] => entry[0] in LIMITS && typeof entry[1] === 'number',
      ),
    );
  });
}

/** An object, or its JSON. */
export function jsonObject(value: unknown): Readonly<Record<string, unknown>> {
  const parsed: unknown = typeof value === 'string' ? parseJson(value) : value;
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return Object.fromEntries(Object.entries(parsed));
  throw new Error(`expected an object, got ${JSON.stringify(value)}`);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(`expected JSON, got ${JSON.stringify(json.slice(0, 60))}`);
  }
}

/** `cpu`, `io`, `mixed`, or a number of host processes. */
export function poolSize(): z.ZodType<number | 'cpu' | 'io' | 'mixed'> {
  const count = whole(1, 256, 'from 1 to 256, or cpu, io, mixed');
  return kind((value) => {
    if (value === 'cpu' || value === 'io' || value === 'mixed') return value;
    const parsed = count.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new Error(parsed.error.issues[0]?.message);
  });
}
