// What must hold of a tool before it may serve: a tools file is plain JavaScript, so nothing of it is taken for granted.
import type { Problem } from '../errors.ts';
import { MIN_SECRET_LENGTH } from './mask.ts';
import type { SecretSource } from './registry.ts';

const NAME = /^[\w\-.:/]{1,128}$/u;
const MAX_TIMEOUT_MS = 3_600_000;
const MAX_CONCURRENCY = 10_000;
const EFFECTS: readonly unknown[] = [undefined, 'read', 'idempotent', 'once'];

/** Everything wrong with a set of tools, but for their secrets. */
export function toolsProblems(tools: readonly unknown[]): Problem[] {
  const names = new Set<unknown>();
  return tools.flatMap((tool, index) => {
    const path = toolPath(tool, index);
    const problems = toolProblems(tool, path);
    const name = nameOf(tool);
    if (names.has(name) && name !== undefined)
      problems.push({ path, message: `expected a name of its own, got ${describe(name)} twice` });
    names.add(name);
    return problems;
  });
}

/** How problems name a tool of a set: `tools[2] (getUser)`. */
export function toolPath(tool: unknown, index: number): string {
  const name = nameOf(tool);
  return `tools[${index}]${typeof name === 'string' ? ` (${name.slice(0, 40)})` : ''}`;
}

function nameOf(tool: unknown): unknown {
  return typeof tool === 'object' && tool !== null && 'name' in tool ? tool.name : undefined;
}

function toolProblems(tool: unknown, path: string): Problem[] {
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
  const isExternal = Reflect.get(tool, 'external') === true;
  expect('handler', 'a function', (it) => typeof it === 'function' || (isExternal && it === undefined));
  expect('external', 'true, false or nothing', (it) => it === undefined || typeof it === 'boolean');
  expect('timeout', `1 to ${MAX_TIMEOUT_MS} ms`, (it) => inRange(it, MAX_TIMEOUT_MS));
  expect('concurrency', `1 to ${MAX_CONCURRENCY}`, (it) => inRange(it, MAX_CONCURRENCY));
  expect('effect', 'read, idempotent or once', (it) => EFFECTS.includes(it));
  expect('secrets', 'a list of names', (it) => it === undefined || isListOfNames(it));
  return problems;
}

/** The secrets that a tool names; those that are missing or too short to be masked are added to `problems`. */
export function resolveSecrets(
  tool: unknown,
  source: SecretSource,
  toolPath: string,
  problems: Problem[],
): Readonly<Record<string, string>> {
  const path = `${toolPath}.secrets`;
  const found: [string, string][] = [];
  for (const name of secretNames(tool)) {
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

/** None where the tool is not a tool or its list is not one: {@link toolsProblems} tells. */
function secretNames(tool: unknown): readonly string[] {
  const names: unknown = typeof tool === 'object' && tool !== null ? Reflect.get(tool, 'secrets') : undefined;
  return isListOfNames(names) ? names : [];
}

function inRange(value: unknown, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max);
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParseAsync' in value;
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}

/** A value for a message: short, and whatever it is. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value.slice(0, 60))} (string)`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  if (typeof value === 'function') return 'a function';
  return `${String(value)} (${typeof value})`;
}
