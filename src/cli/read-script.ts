// Reads the script that a user names: a file, or stdin for "-".
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { EnclaveError } from '../errors.ts';
import type { ScriptLanguage } from '../execution.ts';
import type { Io } from './io.ts';

export interface Script {
  readonly source: string;
  /** What positions are shown with: the path as the user wrote it. */
  readonly name: string;
  readonly language: ScriptLanguage;
}

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts']);

/** @throws EnclaveError FILE_NOT_READABLE, or INVALID_INPUT when the script is empty. */
export async function readScript(path: string, io: Io): Promise<Script> {
  const name = path === '-' ? 'stdin' : path;
  const source = path === '-' ? await io.readStdin() : await readText(path, io.cwd);
  if (source.trim() === '') {
    throw new EnclaveError(
      'INVALID_INPUT',
      `<file>: expected a script, got an empty ${path === '-' ? 'stdin' : `file ${JSON.stringify(path)}`}`,
    );
  }
  return { source, name, language: TYPESCRIPT.has(extname(path)) ? 'ts' : 'js' };
}

async function readText(path: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `<file>: expected a script that can be read, got ${JSON.stringify(path)} (${reasonOf(cause)})`,
      {
        cause,
        hint: `give the path of a file, or - to read the script from stdin${basename(path) === path ? `; looked in ${JSON.stringify(cwd)}` : ''}`,
      },
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return REASONS[code] ?? (code === '' ? String(cause) : code);
}
