// Reads the sources of settings: a configuration file, the environment, `name=value` texts.
import type { Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type Layer, type Source, unknownSetting } from './resolve.ts';
import { isSettingName, SETTING_NAMES } from './settings.ts';

type Values = Map<string, { readonly value: unknown; readonly source: Source }>;

/** A nested object such as `{server: {port: 3001}}`, or one with dotted names. */
export function objectLayer(object: unknown, file: string, problems: Problem[]): Layer {
  const values: Values = new Map();
  const source: Source = { kind: 'file', name: file };
  if (object === undefined || object === null) return { values };
  if (!isObject(object)) {
    problems.push({ path: file, message: `expected an object of settings, got ${JSON.stringify(object)}` });
    return { values };
  }
  const { preset, ...rest } = object;
  walk(rest, '', (name, value) => {
    if (isSettingName(name)) values.set(name, { value, source });
    else problems.push(unknownSetting(name, source));
  });
  return { values, ...(preset === undefined ? {} : { preset: { value: preset, source } }) };
}

function walk(object: Record<string, unknown>, prefix: string, each: (name: string, value: unknown) => void) {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const isGroup = SETTING_NAMES.some((setting) => setting.startsWith(`${name}.`));
    if (isGroup && isObject(value)) walk(value, name, each);
    else if (value !== null && value !== undefined) each(name, value);
  }
}

/** `server.readTimeout` is ENCLAVE_SERVER_READ_TIMEOUT. */
export function variableOf(name: string): string {
  return `ENCLAVE_${name
    .replace(/([a-z])([A-Z])/gu, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Variables with our prefix that are no settings. */
const OTHERS = ['ENCLAVE_API_KEY', 'ENCLAVE_DEBUG', 'ENCLAVE_CONFIG'];
const PRESET_VARIABLE = 'ENCLAVE_PRESET';
/** Kubernetes gives every pod variables named after the services around it: `ENCLAVE_BROKER_PORT=tcp://…`. */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?$/u;

export function environmentLayer(
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): Layer {
  const values: Values = new Map();
  const names = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  const known = [...names.keys(), PRESET_VARIABLE, ...OTHERS];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('ENCLAVE_') || value === undefined || OTHERS.includes(variable)) continue;
    if (variable === PRESET_VARIABLE || SERVICE_LINK.test(variable) || value.startsWith('tcp://')) continue;
    const name = names.get(variable);
    if (name !== undefined) {
      values.set(name, { value, source: { kind: 'env', name: variable } });
      continue;
    }
    const close = nearest(variable, known);
    problems.push({
      path: variable,
      message: `unknown variable${close === undefined ? '' : `; did you mean "${close}"?`}`,
    });
  }
  const preset = env[PRESET_VARIABLE];
  return preset === undefined
    ? { values }
    : { values, preset: { value: preset, source: { kind: 'env', name: PRESET_VARIABLE } } };
}

/** @param texts such as `stream.heartbeat=20s`. */
export function addTexts(values: Values, texts: readonly string[], problems: Problem[]): void {
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = text.slice(0, at).trim();
    const source: Source = { kind: 'flag', name: `--set ${name}` };
    if (at === -1)
      problems.push({ path: '--set', message: `expected name=value, got ${JSON.stringify(text)}` });
    else if (isSettingName(name)) values.set(name, { value: text.slice(at + 1), source });
    else problems.push(unknownSetting(name, source));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
