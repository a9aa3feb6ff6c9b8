// How throughput grows with instances, read for `enclave plan --scaling`: CSV of instances and throughput.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EnclaveError } from '../errors.ts';
import { fitUsl, type LoadPoint } from '../planner/fit-usl.ts';
import type { InstanceScaling } from '../planner/scaling.ts';
import type { Io } from './io.ts';
import type { OptionReader } from './option-reader.ts';

const MAX_LENGTH = 100_000;

/** @returns undefined when the file is refused; `reader` then holds every reason. */
export async function readScaling(
  path: string,
  reader: OptionReader,
  io: Io,
): Promise<InstanceScaling | undefined> {
  const flag = `--scaling ${path}`;
  const text = await readFile(resolve(io.cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    reader.problem('--scaling', `${path}: expected a readable file (${error.code ?? error.message})`);
  });
  if (text === undefined) return undefined;
  const points = readPoints(text.slice(0, MAX_LENGTH), flag, reader);
  if (points === undefined) return undefined;
  try {
    const { coherency, contention, measuredTo } = fitUsl(points);
    return { contention, coherency, measuredTo, source: `${path}, ${points.length} loads` };
  } catch (error) {
    if (!(error instanceof EnclaveError)) throw error;
    if (error.problems.length === 0) reader.problem(flag, error.message.replace(`[${error.code}] `, ''));
    for (const { message, path: at } of error.problems) reader.problem(`${flag} ${at}`, message);
    return undefined;
  }
}

/** Lines of two numbers; a heading may come first. */
function readPoints(text: string, flag: string, reader: OptionReader): LoadPoint[] | undefined {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '');
  const rows = /^[a-z"]/i.test(lines[0]?.line ?? '') ? lines.slice(1) : lines;
  let isBad = false;
  const points = rows.map(({ line, number }): LoadPoint => {
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim());
    const [concurrency = Number.NaN, throughput = Number.NaN] = cells.map((cell) =>
      cell === '' ? Number.NaN : Number(cell),
    );
    if (cells.length !== 2 || !(concurrency > 0) || !(throughput > 0)) {
      isBad = true;
      reader.problem(
        `${flag} line ${number}`,
        `expected instances and throughput, both above 0, got ${JSON.stringify(line.slice(0, 40))}`,
      );
    }
    return { concurrency, throughput };
  });
  return isBad ? undefined : points;
}
