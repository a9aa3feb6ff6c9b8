// What must hold of a tool before it may serve: a tools file is plain JavaScript, so nothing of it is taken for granted.
import type { Problem } from '../errors.ts';
import { MIN_SECRET_LENGTH } from './mask.ts';
import type { SecretSource } from './registry.ts';

const NAME = /^[\w\-.:/]{1,128}$/u;
const MAX_TIMEOUT_MS = 3_600_000;
const MAX_CONCURRENCY = 10_000;
const EFFECTS: readonly unknown[] = [undefined, 'read', 'idempotent', 'once'];

/** Everything wrong with what should be a tool, each with its path under `path`. */
export function toolProblems(tool: unknown, path: string): Problem[] {
  if (typeof tool !== 'object' || tool === null)
    return [{ path, message: `expected a tool, got ${describe(tool)}` }];
  const problems: Problem[] = [];
  const expect = (field: string, expected: string, holds: (value: unknown) => boolean) => {
    const value: unknown = Reflect.get(tool, field);
    if (!holds(value))
      problems.push({ path: `${path}.${field}`, message: `expected ${expected}, got ${describe(value)}` });
  };
  expect('name', '1 to 128 letters, digits, _ - . : /', (it) => typeof it === 'string' && NAME.test(it));
  expect('description', 'a text', (it) => typeof it === 'string');
  expect('args', 'a zod schema', isSchema);
  expect('result', 'a zod schema or nothing', (it) => it === undefined || isSchema(it));
  expect('handler', 'a function', (it) => typeof it === 'function');
  expect('timeout', `1 to ${MAX_TIMEOUT_MS} ms`, (it) => inRange(it, MAX_TIMEOUT_MS));
  expect('concurrency', `1 to ${MAX_CONCURRENCY}`, (it) => inRange(it, MAX_CONCURRENCY));
  expect('effect', 'read, idempotent or once', (it) => EFFECTS.includes(it));
  expect('secrets', 'a list of names', (it) => it === undefined || isListOfNames(it));
  return problems;
}

/** The secrets that a tool names; those that are missing or too short to be masked are added to `problems`. */
export function resolveSecrets(
  names: readonly string[],
  source: SecretSource,
  path: string,
  problems: Problem[],
): Readonly<Record<string, string>> {
  const found: [string, string][] = [];
  for (const name of names) {
    const value = source(name);
    if (value === undefined || value === '')
      problems.push({ path, message: `expected a secret ${name}, got none` });
    else if (value.length < MIN_SECRET_LENGTH)
      problems.push({
        path,
        message: `expected a secret ${name} of at least ${MIN_SECRET_LENGTH} characters, since a shorter one cannot be masked`,
      });
    else found.push([name, value]);
  }
  return Object.freeze(Object.fromEntries(found));
}

function inRange(value: unknown, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max);
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParseAsync' in value;
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

/** A value for a message: short, and whatever it is. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value.slice(0, 60))} (string)`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  if (typeof value === 'function') return 'a function';
  return `${String(value)} (${typeof value})`;
}
