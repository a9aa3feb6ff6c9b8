// A file of hourly demand, read and checked for `enclave plan --curve`.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Curve, parseCurve } from '../planner/curve.ts';
import type { Io } from './io.ts';
import type { OptionReader } from './option-reader.ts';

/** @returns undefined when the file is refused; `reader` then holds every reason. */
export async function readCurve(path: string, reader: OptionReader, io: Io): Promise<Curve | undefined> {
  const text = await readFile(resolve(io.cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    reader.problem('--curve', `${path}: expected a readable file (${error.code ?? error.message})`);
  });
  if (text === undefined) return undefined;
  const parsed = parseCurve(text);
  if (parsed.ok) return { values: parsed.values, source: [path, ...parsed.changes].join('; ') };
  for (const problem of parsed.problems) reader.problem(`--curve ${path} ${problem.path}`, problem.message);
  return undefined;
}
