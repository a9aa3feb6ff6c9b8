// zod's findings as problems in our words: a path, what was expected, what was found, and the nearest known key.
import type { z } from 'zod';
import type { Problem } from './errors.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** Every issue of a failed parse, with `input` for the values found. */
export function zodProblems(
  issues: readonly Issue[],
  input: unknown,
  base: readonly PropertyKey[] = [],
): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, input, [...base, ...issue.path]));
}

function problemsOf(issue: Issue, input: unknown, path: readonly PropertyKey[]): Problem[] {
  const found = valueAt(input, path);
  const at = formatPath(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: 'unknown key' }));
    case 'invalid_union':
      return unionProblems(issue, input, path);
    case 'invalid_value':
      return [expected(at, oneOf(issue.values.map(String), found), found)];
    case 'invalid_type':
      return [expected(at, article(issue.expected), found)];
    case 'too_small':
      return [
        expected(
          at,
          bound(issue.origin, issue.inclusive === false ? 'above' : 'of at least', issue.minimum),
          found,
        ),
      ];
    case 'too_big':
      return [
        expected(
          at,
          bound(issue.origin, issue.inclusive === false ? 'below' : 'of at most', issue.maximum),
          found,
        ),
      ];
    case 'invalid_format':
      return [
        expected(
          at,
          issue.format === 'regex' ? `text matching ${issue.pattern ?? ''}` : `a valid ${issue.format}`,
          found,
        ),
      ];
    case 'custom':
      return [{ path: at, message: issue.message }];
    default:
      return [{ path: at, message: issue.message }];
  }
}

/** Of the alternatives of a union the one that failed deepest is the one meant. */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  input: unknown,
  path: readonly PropertyKey[],
): Problem[] {
  const found = valueAt(input, path);
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  if (options.length > 0) return [expected(formatPath(path), oneOf(options, found), found)];
  const deep = issue.errors.filter((errors) =>
    errors.some((error) => error.path.length > 0 || error.code !== 'invalid_type'),
  );
  const meant = deep[0];
  if (meant !== undefined) return zodProblems(meant, input, path);
  const kinds = issue.errors.flatMap((errors) =>
    errors.map((error) => (error.code === 'invalid_type' ? article(error.expected) : 'another value')),
  );
  return [expected(formatPath(path), [...new Set(kinds)].join(' or '), found)];
}

function expected(path: string, what: string, found: unknown): Problem {
  return {
    path,
    message: found === undefined ? `expected ${what}, got nothing` : `expected ${what}, got ${show(found)}`,
  };
}

function oneOf(values: readonly string[], found: unknown): string {
  const near = typeof found === 'string' ? nearest(found, values) : undefined;
  const list = values.length > 12 ? `${values.slice(0, 12).join(', ')}, ...` : values.join(', ');
  const choice = values.length === 1 ? list : `one of ${list}`;
  return near === undefined ? choice : `${choice} (did you mean ${near}?)`;
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `text ${relation} ${limit} characters`;
  if (origin === 'array') return `a list ${relation} ${limit} entries`;
  return `a number ${relation} ${limit}`;
}

const ARTICLES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list [from, to]',
  object: 'an object',
  record: 'an object',
};

function article(type: string): string {
  return ARTICLES[type] ?? type;
}

/** A found value, short enough for one line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

/** `['load', 'phases', 2, 'rate']` as `load.phases[2].rate`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
