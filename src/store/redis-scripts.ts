// Loads the Lua files: one operation each, headed by its contract. `lib.lua` goes before every one of them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EnclaveError } from '../errors.ts';

export const SCRIPT_NAMES = [
  'submit',
  'put',
  'claim',
  'adopt',
  'append',
  'tool-begin',
  'tool-end',
  'tool-done',
  'finish',
  'cancel',
  'release',
  'read',
  'take',
  'depth',
  'overdue',
  'sweep',
  'slots',
  'take-token',
  'lead',
  'epoch',
] as const;
export type ScriptName = (typeof SCRIPT_NAMES)[number];

export interface Script {
  readonly name: ScriptName;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly lua: string;
  readonly sha1: string;
}

/** The header of a Lua file: each `-- @tag rest` at its top. */
export function parseHeader(lua: string): Readonly<Record<string, string>> {
  const header: Record<string, string> = {};
  for (const line of lua.split('\n')) {
    const match = /^-- @(\w+) ?(.*)$/u.exec(line);
    if (match === null) break;
    header[match[1] ?? ''] = match[2] ?? '';
  }
  return header;
}

const words = (text: string | undefined) => (text ?? '').split(' ').filter((word) => word !== '');

export function loadScript(name: ScriptName): Script {
  const own = readLua(name);
  const header = parseHeader(own);
  if (header['name'] !== name)
    throw new EnclaveError('INTERNAL', `lua/${name}.lua says it is ${header['name']}`);
  const lua = `${readLua('lib')}\n${own}`;
  return {
    name,
    keys: words(header['keys']),
    args: words(header['args']),
    lua,
    sha1: createHash('sha1').update(lua).digest('hex'),
  };
}

/** The files lie beside this module, in the sources and in the package. */
function readLua(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
}
