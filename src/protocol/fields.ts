// Strict readers for fields of untrusted JSON. Written by hand: a schema library costs several times as much per frame.
import { EnclaveError } from '../errors.ts';
import type { Labels } from './events.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A message that is not as agreed. The text never repeats more than 40 characters of what was sent. */
export function badFrame(path: string, expected: string, got: unknown): EnclaveError {
  return new EnclaveError('BAD_FRAME', `${path}: expected ${expected}, got ${shown(got)}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return `${(JSON.stringify(value) ?? 'nothing').slice(0, 40)} (${typeof value})`;
}

/** The very object: what was parsed from a frame is nobody else's, and need not be copied. */
export function object(value: unknown, path: string): Fields {
  if (isFields(value)) return value;
  throw badFrame(path, 'an object', value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text of `min` to `max` characters. */
export function text(fields: Fields, name: string, max: number, min = 1): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
  throw badFrame(name, `a text of ${min} to ${max} characters`, value);
}

export function optionalText(fields: Fields, name: string, max: number): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name, max, 0);
}

/** A whole number from `min` to `max`. */
export function whole(fields: Fields, name: string, min: number, max: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw badFrame(name, `a whole number from ${min} to ${max}`, value);
}

/** A finite number, 0 or more. */
export function amount(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw badFrame(name, 'a number from 0', value);
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  throw badFrame(name, 'true or false', value);
}

export function oneOf<T extends string>(fields: Fields, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === fields[name]);
  if (found !== undefined) return found;
  throw badFrame(name, `one of ${choices.slice(0, 8).join(', ')}`, fields[name]);
}

export function list<T>(fields: Fields, name: string, max: number, read: (item: unknown) => T): T[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length > max) throw badFrame(name, `a list of at most ${max}`, value);
  return value.map(read);
}

const LABEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/u;
const LABEL_VALUE = /^[A-Za-z0-9_.:/-]{1,128}$/u;
export const MAX_LABELS = 16;

/** Labels of a session or runtime: at most 16 short names and values without spaces. */
export function labels(value: unknown, path: string): Labels {
  const entries = Object.entries(object(value, path));
  if (entries.length > MAX_LABELS) throw badFrame(path, `at most ${MAX_LABELS} labels`, entries);
  const read: Record<string, string> = {};
  for (const [name, label] of entries) {
    if (!LABEL_NAME.test(name)) throw badFrame(path, 'a label name of letters, digits, _ . / -', name);
    if (typeof label !== 'string' || !LABEL_VALUE.test(label))
      throw badFrame(`${path}.${name}`, 'a label of letters, digits, _ . : / -', label);
    read[name] = label;
  }
  return read;
}
