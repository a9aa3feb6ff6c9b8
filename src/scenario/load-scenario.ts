// Finds a scenario by name or path, reads it with the scripts and traces it names, and gives it its hash.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import type { ExecutionLimits, ScriptLanguage } from '../execution.ts';
import { nearest } from '../nearest.ts';
import { show } from '../zod-problems.ts';
import { parseScenario } from './parse-scenario.ts';
import type { ScenarioFile, TenantSpec, ToolSpec } from './scenario-types.ts';

/** A script of the mix, its source read. */
export interface ScenarioScript {
  readonly id: string;
  readonly weight: number;
  readonly source: string;
  readonly filename: string;
  readonly language: ScriptLanguage;
  readonly args: unknown;
  /** `ok`, or the outcome codes with which the script ends by design. */
  readonly expect: readonly string[];
}

export interface ScenarioTool extends ToolSpec {
  /** Latencies of a trace law, ms, in file order; empty for other laws. */
  readonly trace: readonly number[];
}

/** A scenario ready to be run: nothing more to read. */
export interface Scenario {
  readonly name: string;
  readonly purpose: string;
  readonly seed: number;
  readonly scripts: readonly ScenarioScript[];
  readonly tools: Readonly<Record<string, ScenarioTool>>;
  readonly tenants: readonly TenantSpec[];
  readonly limits: Partial<ExecutionLimits>;
  readonly load: ScenarioFile['load'];
  readonly thresholds: readonly string[];
  readonly compress: number;
  /** SHA-256 over the normalised scenario with the bytes of its scripts and traces, hex. */
  readonly hash: string;
}

const SHIPPED = new URL('../../scenarios/', import.meta.url);

/** Names of the scenarios that ship with enclave, sorted. */
export async function shippedScenarioNames(): Promise<string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/**
 * Loads a scenario: a shipped name (`tools`), or a path to a `.json` or `.ts` file (`./orders.json`).
 *
 * @param cwd - folder that relative paths start from
 * @throws EnclaveError INVALID_INPUT for an unknown name or a faulty file, FILE_NOT_READABLE for one that cannot be read
 */
export async function loadScenario(nameOrPath: string, cwd: string = '.'): Promise<Scenario> {
  const path = await locate(nameOrPath, cwd);
  const subject = `scenario ${nameOrPath}`;
  const file = parseScenario(await readDefinition(path, subject), subject);
  return complete(file, dirname(path), subject);
}

async function locate(nameOrPath: string, cwd: string): Promise<string> {
  if (/[\\/]|\.(?:json|m?[jt]s)$/u.test(nameOrPath)) return resolve(cwd, nameOrPath);
  const names = await shippedScenarioNames();
  if (names.includes(nameOrPath)) return fileURLToPath(new URL(`${nameOrPath}.json`, SHIPPED));
  const near = nearest(nameOrPath, names);
  const guess = near === undefined ? '' : `; did you mean ${near}?`;
  const message = `--scenario: expected a shipped scenario (${names.join(', ')}) or a path to a .json or .ts file, got ${show(nameOrPath)}${guess}`;
  throw new EnclaveError('INVALID_INPUT', message, { hint: 'enclave scenarios list shows what ships' });
}

async function readDefinition(path: string, subject: string): Promise<unknown> {
  const text = await readText(path, subject);
  if (extname(path) !== '.json') return importDefinition(path, subject);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError(
      'INVALID_INPUT',
      `${subject}: expected JSON, got text that does not parse (${reason})`,
      { cause },
    );
  }
}

async function importDefinition(path: string, subject: string): Promise<unknown> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError(
      'INVALID_INPUT',
      `${subject}: expected a module, got one that does not load (${reason})`,
      { cause },
    );
  }
  if (loaded.default === undefined) {
    throw new EnclaveError(
      'INVALID_INPUT',
      `${subject}: expected a default export, export default defineScenario({ ... })`,
    );
  }
  return loaded.default;
}

async function readText(path: string, subject: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `${subject}: expected a readable file (${fileReason(cause)})`,
      { cause },
    );
  }
}

function fileReason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
  };
  return known[code] ?? code;
}

/** Reads what the file names; all that is missing is reported together. */
async function complete(file: ScenarioFile, folder: string, subject: string): Promise<Scenario> {
  const problems: Problem[] = [];
  const read = async (path: string, name: string): Promise<string> => {
    try {
      return await readFile(resolve(folder, name), 'utf8');
    } catch (cause) {
      problems.push({ path, message: `expected a readable file, got ${show(name)} (${fileReason(cause)})` });
      return '';
    }
  };
  const scripts: ScenarioScript[] = [];
  for (const [index, script] of file.scripts.entries()) {
    const source = script.code ?? (await read(`scripts[${index}].file`, script.file ?? ''));
    const ending = extname(script.file ?? '') === '.ts' ? 'ts' : 'js';
    const language = script.language ?? ending;
    const filename = basename(script.file ?? `${script.id}.${language}`);
    const { id, weight, args } = script;
    const expect = typeof script.expect === 'string' ? [script.expect] : script.expect;
    scripts.push({ id, weight, expect, args: args ?? {}, source, language, filename });
  }
  const tools: Record<string, ScenarioTool> = {};
  for (const [name, tool] of Object.entries(file.tools)) {
    const path = `tools.${name}.latency.file`;
    const trace =
      tool.latency.kind === 'trace' ? parseTrace(await read(path, tool.latency.file), path, problems) : [];
    tools[name] = { ...tool, trace };
  }
  if (problems.length > 0) throw invalidInput(subject, problems);
  const { $schema: _editorOnly, ...body } = file;
  const hash = createHash('sha256')
    .update(canonicalJson({ ...body, scripts, tools }))
    .digest('hex');
  const limits = Object.fromEntries(Object.entries(file.limits).filter(([, value]) => value !== undefined));
  return { ...body, scripts, tools, limits, hash };
}

function parseTrace(text: string, path: string, problems: Problem[]): number[] {
  const lines = text.split('\n').map((line) => line.trim());
  const values = lines.filter((line) => line !== '' && !line.startsWith('#')).map(Number);
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 600_000));
  if (wrong >= 0 || (values.length === 0 && text !== '')) {
    problems.push({
      path,
      message: `expected one latency in ms (0 to 600000) per line, got ${show(values[wrong])} as number ${wrong + 1}`,
    });
  }
  return values;
}

/** JSON with sorted keys: equal values give equal text, however they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
