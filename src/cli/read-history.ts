// The history of a volume, read for `enclave plan --history`: CSV of dates and executions per day.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EnclaveError } from '../errors.ts';
import { fitGrowth, type GrowthFit } from '../planner/growth-fit.ts';
import { formatCount } from '../units.ts';
import type { Io } from './io.ts';
import type { OptionReader } from './option-reader.ts';

const MAX_LENGTH = 1_000_000;

/** Growth, and how it was found, in words. */
export interface ReadGrowth {
  readonly perYear: number;
  readonly source: string;
}

/** @returns undefined when the file is refused; `reader` then holds every reason. */
export async function readHistory(
  path: string,
  reader: OptionReader,
  io: Io,
): Promise<ReadGrowth | undefined> {
  const text = await readFile(resolve(io.cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    reader.problem('--history', `${path}: expected a readable file (${error.code ?? error.message})`);
  });
  if (text === undefined) return undefined;
  const lines = text
    .slice(0, MAX_LENGTH)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const rows = /^[a-z"]/i.test(lines[0] ?? '') ? lines.slice(1) : lines;
  try {
    const fit = fitGrowth(
      rows.map((row) => {
        const [date = '', volume = '', ...rest] = row.split(/[,;\t]/).map((cell) => cell.trim());
        return { date, perDay: volume === '' || rest.length > 0 ? Number.NaN : Number(volume) };
      }),
    );
    return { perYear: fit.perYear, source: `${path}: ${describe(fit)}` };
  } catch (error) {
    if (!(error instanceof EnclaveError)) throw error;
    for (const { message, path: at } of error.problems) reader.problem(`--history ${path} ${at}`, message);
    return undefined;
  }
}

function describe({ high, holdBackError, low, perYear, points, years }: GrowthFit): string {
  const percent = (share: number): string => `${formatCount(100 * share, 1)} %`;
  const twice =
    perYear > 0 ? `, twice as much in ${formatCount(Math.LN2 / Math.log1p(perYear), 1)} years` : '';
  const { exponential, linear } = holdBackError;
  const other =
    linear < exponential
      ? `; a straight line foretells the last fifth better (${percent(linear)} off, against ${percent(exponential)}): later years are likely too high`
      : '';
  return `${percent(perYear)} a year, ${percent(low)} to ${percent(high)} (95 %)${twice}, from ${points} values over ${formatCount(years, 1)} years${other}`;
}
