// Reads the hostile scripts: one file each, its expectations in the comment lines it begins with, `// key: value`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionLimits, ScriptLanguage } from '../../src/execution.ts';
import { CLASSES, type Ending, type HostileClass } from './classes.ts';

const FOLDER = join(import.meta.dirname, 'scripts');
const KEYS = [
  'expect',
  'limits',
  'args',
  'value',
  'value-pattern',
  'name',
  'message',
  'tool-code',
  'logs',
  'truncated',
  'kills',
  'replace',
] as const;

type Key = (typeof KEYS)[number];

export interface HostileScript {
  readonly class: HostileClass;
  /** `class/file`, unique. */
  readonly path: string;
  readonly source: string;
  readonly language: ScriptLanguage;
  /** Any other ending is a failure. */
  readonly expect: readonly Ending[];
  readonly limits: Partial<ExecutionLimits>;
  readonly args: unknown;
  /** JSON text of the result, when it ends well. */
  readonly value: string | undefined;
  readonly valuePattern: RegExp | undefined;
  /** Name of the error. */
  readonly name: string | undefined;
  /** Part of the error's message. */
  readonly message: string | undefined;
  readonly toolCode: string | undefined;
  /** Part of a line of the log. */
  readonly logs: string | undefined;
  /** The console text must have been cut. */
  readonly isTruncated: boolean;
  /** It may cost the host process its life; all others must leave it running. */
  readonly killsHost: boolean;
}

/** All scripts, in the order of their paths. */
export function readCorpus(): readonly HostileScript[] {
  return CLASSES.flatMap((hostileClass) =>
    readdirSync(join(FOLDER, hostileClass.folder))
      .toSorted()
      .map((file) => readScript(hostileClass, file)),
  );
}

/** One script of each class. */
export function readRepresentatives(): readonly HostileScript[] {
  return CLASSES.map((hostileClass) => readScript(hostileClass, hostileClass.representative));
}

/** Folders on disk, to be compared with the table. */
export function readFolders(): readonly string[] {
  return readdirSync(FOLDER).toSorted();
}

function readScript(hostileClass: HostileClass, file: string): HostileScript {
  const path = `${hostileClass.folder}/${file}`;
  const text = readFileSync(join(FOLDER, path), 'utf8');
  const header = readHeader(path, text);
  const one = (key: Key): string | undefined => header.get(key)?.[0];
  const expect = (one('expect') ?? '').split(', ').map((ending) => checkEnding(path, hostileClass, ending));
  const value = one('value');
  const pattern = one('value-pattern');
  const args = one('args');
  return {
    class: hostileClass,
    path,
    source: (header.get('replace') ?? []).reduce(replaceMarker, text),
    language: file.endsWith('.ts') ? 'ts' : 'js',
    expect,
    limits: readLimits(expect, one('limits') ?? ''),
    args: args === undefined ? undefined : JSON.parse(args),
    value: value === undefined ? undefined : JSON.stringify(JSON.parse(value)),
    valuePattern: pattern === undefined ? undefined : new RegExp(pattern, 'u'),
    name: one('name'),
    message: one('message'),
    toolCode: one('tool-code'),
    logs: one('logs'),
    isTruncated: header.has('truncated'),
    killsHost: one('kills') === 'host',
  };
}

function readHeader(path: string, text: string): ReadonlyMap<Key, readonly string[]> {
  const header = new Map<Key, string[]>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^\/\/ ([a-z-]+): (.+)$/u.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    const key = KEYS.find((known) => known === name);
    if (key === undefined) throw new Error(`${path}: unknown key ${name}`);
    header.set(key, [...(header.get(key) ?? []), value]);
  }
  return header;
}

function checkEnding(path: string, { endings }: HostileClass, text: string): Ending {
  const ending = endings.find((allowed) => allowed === text);
  if (ending === undefined) throw new Error(`${path}: ${text} is not an ending of its class`);
  return ending;
}

// A script that is to be stopped by the clock gets little time; one that is to end by itself gets so much that a busy machine
// cannot make it late.
function readLimits(expect: readonly Ending[], text: string): Partial<ExecutionLimits> {
  const cpuMs = expect.includes('CPU_TIMEOUT') ? 100 : 10_000;
  const given = text.split(' ').filter((pair) => pair !== '');
  return { cpuMs, ...Object.fromEntries(given.map((pair) => readLimit(pair))) };
}

function readLimit(pair: string): [string, number] {
  const [name = '', value] = pair.split('=');
  return [name, Number(value)];
}

// `marker U+hex count`: texts that are too long, or invisible, for a file that people read.
function replaceMarker(text: string, rule: string): string {
  const [marker = '', code = '', count] = rule.split(' ');
  const [head, ...rest] = text.split(`// replace: ${rule}\n`);
  const long = String.fromCodePoint(Number.parseInt(code.slice(2), 16)).repeat(Number(count));
  return `${head}//\n${rest.join('').replaceAll(marker, long)}`;
}
