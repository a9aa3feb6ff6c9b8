// The track record: every verification is one line of JSON in a file, and the file tells how far predictions can be trusted.
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import { wilson } from '../planner/certainty.ts';
import { zodProblems } from '../zod-problems.ts';
import { VERIFICATION_SCHEMA, type Verification } from './verification.ts';
import type { VerifiedNumber } from './verify-prediction.ts';

const number = z.number();
const known = number.nullable();

const verified: z.ZodType<VerifiedNumber> = z.looseObject({
  metric: z.enum(['p50', 'p95', 'p99', 'utilisation', 'capacity']),
  unit: z.enum(['ms', 'ratio', '/s']),
  value: known,
  low: number,
  high: known,
  measured: known,
  error: known,
  isInside: z.boolean().nullable(),
});

const verificationSchema: z.ZodType<Verification> = z.looseObject({
  schema: z.literal(VERIFICATION_SCHEMA),
  at: z.string(),
  enclave: z.string(),
  plan: z.looseObject({ file: z.string(), type: z.string(), instances: number, scenario: z.string() }),
  machine: z.looseObject({ name: z.string(), cores: number }),
  scale: z.looseObject({ vcpu: number, instancePerSecond: number, factor: number, isFull: z.boolean() }),
  askedPerSecond: number,
  sentPerSecond: number,
  runs: number,
  executions: number,
  numbers: z.array(verified),
  state: z.enum(['inside', 'outside', 'invalid', 'interrupted']),
  faults: z.array(z.string()),
});

/**
 * Adds a line; the folder is made where it is missing.
 * @throws EnclaveError FILE_NOT_WRITABLE
 */
export async function appendVerification(file: string, verification: Verification): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, `${JSON.stringify(verification)}\n`);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new EnclaveError(
      'FILE_NOT_WRITABLE',
      `--record: expected to write ${JSON.stringify(file)} (${code})`,
      {
        cause,
      },
    );
  }
}

/**
 * Every line of a track record, oldest first.
 * @throws EnclaveError FILE_NOT_READABLE, or INVALID_INPUT with every line that is no verification
 */
export async function readTrackRecord(file: string, shown: string): Promise<Verification[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new EnclaveError('FILE_NOT_READABLE', `${shown}: expected a readable file (${code})`, {
      cause,
      hint: 'enclave plan verify plan.json writes the first line of it',
    });
  });
  const problems: Problem[] = [];
  const record = text.split('\n').flatMap((row, index) => {
    if (row.trim() === '') return [];
    const value = parseJson(row);
    const parsed = verificationSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    problems.push(...zodProblems(parsed.error.issues, value, [`line ${index + 1}`]));
    return [];
  });
  if (problems.length > 0) throw invalidInput(shown, problems);
  return record;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How good the predictions of one number were. Errors are predicted / measured - 1. */
export interface Accuracy {
  readonly metric: VerifiedNumber['metric'];
  readonly runs: number;
  /** Above 0: predicted more than was measured. Null when no run told it. */
  readonly meanError: number | null;
  readonly meanAbsoluteError: number | null;
  /** Share of runs inside the band, with Wilson's 95 % interval. */
  readonly coverage: { readonly value: number; readonly low: number; readonly high: number };
}

const METRICS = ['p50', 'p95', 'p99', 'utilisation', 'capacity'] as const;

/** Mean error and coverage of each number, over the verifications that count. */
export function accuracyOf(record: readonly Verification[]): Accuracy[] {
  const counted = record.filter(({ state }) => state === 'inside' || state === 'outside');
  return METRICS.flatMap((metric) => {
    const found = counted.flatMap(({ numbers }) =>
      numbers.filter((number) => number.metric === metric && number.isInside !== null),
    );
    if (found.length === 0) return [];
    const errors = found.flatMap(({ error }) => (error === null ? [] : [error]));
    return [
      {
        metric,
        runs: found.length,
        meanError: meanOf(errors),
        meanAbsoluteError: meanOf(errors.map(Math.abs)),
        coverage: wilson(found.filter(({ isInside }) => isInside === true).length, found.length),
      },
    ];
  });
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
