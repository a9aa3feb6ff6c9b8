// What is known of one setting, and the kinds of settings that there are several of.
import type { z } from 'zod';
import { duration, text, whole } from './kinds.ts';

export interface Field<T> {
  readonly schema: z.ZodType<Exclude<T, undefined>>;
  readonly fallback: T;
  /** One line, lower case, no full stop. */
  readonly about: string;
  /** How a value is shown. */
  readonly unit?: 'ms' | 'bytes';
  /** Never shown. */
  readonly isSecret?: true;
  /** The flag that sets it, besides `--set`. */
  readonly flag?: string;
}

export const DAY_MS = 86_400_000;
export const MIB: number = 2 ** 20;

export const time = (fallback: number, about: string, flag?: string): Field<number> => ({
  schema: duration(1, DAY_MS, 'from 1ms to 24h'),
  fallback,
  about,
  unit: 'ms',
  ...(flag === undefined ? {} : { flag }),
});

export const maybeTime = (about: string): Field<number | undefined> => ({
  schema: duration(1, 30 * DAY_MS, 'from 1ms to 30d'),
  fallback: undefined,
  about,
  unit: 'ms',
});

export const count = (
  fallback: number,
  max: number,
  words: string,
  about: string,
  flag?: string,
): Field<number> => ({
  schema: whole(1, max, words),
  fallback,
  about,
  ...(flag === undefined ? {} : { flag }),
});

export const port: Pick<Field<number>, 'schema'> = { schema: whole(0, 65_535, 'from 0 to 65535') };

export const file = (about: string, flag: string): Field<string | undefined> => ({
  schema: text('a file name'),
  fallback: undefined,
  about,
  flag,
});
