// The limits of an execution as options of a command line: names here, ranges and defaults from the one table of limits.
import type { Command } from 'commander';
import type { ExecutionLimits } from '../execution.ts';
import { LIMITS } from '../limits.ts';
import { formatDuration, formatSize } from '../units.ts';
import { OptionReader } from './option-reader.ts';

/** The names that commander gives the values of the options. */
type LimitKey =
  | 'timeout'
  | 'cpuTime'
  | 'memory'
  | 'maxToolCalls'
  | 'maxPendingCalls'
  | 'toolTimeout'
  | 'maxToolArgs'
  | 'maxToolResult'
  | 'maxResult'
  | 'maxSource'
  | 'maxConsole'
  | 'maxConsoleCalls'
  | 'maxError';

export type LimitFlags = { readonly [K in LimitKey]?: string };

interface LimitFlag {
  readonly limit: keyof ExecutionLimits;
  readonly flag: string;
  readonly key: LimitKey;
  readonly what: string;
}

/** `queueMs` has none: a command that runs one script has no queue. */
const LIMIT_FLAGS: readonly LimitFlag[] = [
  {
    limit: 'wallMs',
    flag: '--timeout',
    key: 'timeout',
    what: 'wall time',
  },
  { limit: 'cpuMs', flag: '--cpu-time', key: 'cpuTime', what: 'CPU time of all synchronous steps together' },
  { limit: 'memoryMb', flag: '--memory', key: 'memory', what: 'heap of the isolate' },
  { limit: 'maxToolCalls', flag: '--max-tool-calls', key: 'maxToolCalls', what: 'tool calls in all' },
  {
    limit: 'maxPendingToolCalls',
    flag: '--max-pending-calls',
    key: 'maxPendingCalls',
    what: 'tool calls under way at one time; further ones wait',
  },
  { limit: 'toolTimeoutMs', flag: '--tool-timeout', key: 'toolTimeout', what: 'time of one tool call' },
  {
    limit: 'maxToolArgBytes',
    flag: '--max-tool-args',
    key: 'maxToolArgs',
    what: 'JSON of the arguments of one tool call',
  },
  {
    limit: 'maxToolResultBytes',
    flag: '--max-tool-result',
    key: 'maxToolResult',
    what: 'JSON of the result of one tool call',
  },
  { limit: 'maxResultBytes', flag: '--max-result', key: 'maxResult', what: 'JSON of the result' },
  { limit: 'maxSourceBytes', flag: '--max-source', key: 'maxSource', what: 'the script itself' },
  {
    limit: 'maxConsoleBytes',
    flag: '--max-console',
    key: 'maxConsole',
    what: 'console text kept; the rest is cut',
  },
  {
    limit: 'maxConsoleCalls',
    flag: '--max-console-calls',
    key: 'maxConsoleCalls',
    what: 'console calls kept; further ones are dropped',
  },
  {
    limit: 'maxErrorBytes',
    flag: '--max-error',
    key: 'maxError',
    what: 'name, message and stack of an error; the rest is cut',
  },
];

const MIB = 2 ** 20;
const ARGUMENT = { ms: 'duration', MiB: 'size', bytes: 'size', calls: 'n' } as const;

/** Declares an option for every limit of one execution. */
export function limitOptions(command: Command): Command {
  return declareLimits(command, { wallMs: '; also CPU time unless --cpu-time is given' });
}

function declareLimits(command: Command, notes: Partial<Record<keyof ExecutionLimits, string>>): Command {
  for (const { limit, flag, what } of LIMIT_FLAGS) {
    const { unit, default: usual, max } = LIMITS[limit];
    const text = `${what}${notes[limit] ?? ''} (default: ${words(limit, usual)}, at most ${words(limit, max)})`;
    command.option(`${flag} <${ARGUMENT[unit]}>`, text);
  }
  return command;
}

/** The same as an operator's ceiling, under a heading of their own; the last options of a command. */
export function ceilingOptions(command: Command): Command {
  return declareLimits(command.optionsGroup('Limits of every execution; a caller may only lower them:'), {});
}

/** @throws EnclaveError INVALID_INPUT; `undefined` when none was given. */
export function readCeilingFlags(flags: LimitFlags): Partial<ExecutionLimits> | undefined {
  const read = new OptionReader();
  const limits = readEach(flags, read);
  read.finish('limits');
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/** The limits of one execution that were given; problems go to `read`. */
export function readLimitFlags(flags: LimitFlags, read: OptionReader): Partial<ExecutionLimits> {
  const limits = readEach(flags, read);
  // Who gives a script a minute does not want it to end after a second of work.
  const { wallMs } = limits;
  if (wallMs !== undefined) limits.cpuMs ??= Math.min(wallMs, LIMITS.cpuMs.max);
  return limits;
}

function readEach(
  flags: LimitFlags,
  read: OptionReader,
): { -readonly [K in keyof ExecutionLimits]?: number } {
  const limits: { -readonly [K in keyof ExecutionLimits]?: number } = {};
  for (const { limit, flag, key } of LIMIT_FLAGS) {
    const value = readLimit(limit, flag, flags[key], read);
    if (value !== undefined) limits[limit] = value;
  }
  return limits;
}

function readLimit(
  limit: keyof ExecutionLimits,
  flag: string,
  text: string | undefined,
  read: OptionReader,
): number | undefined {
  const { unit, min, max } = LIMITS[limit];
  const bounds = { min, max, words: `from ${words(limit, min)} to ${words(limit, max)}` };
  switch (unit) {
    case 'ms':
      return read.duration(flag, text, bounds);
    case 'calls':
      return read.integer(flag, text, bounds);
    case 'bytes':
      return read.size(flag, text, bounds);
    case 'MiB': {
      const bytes = read.size(flag, text, { ...bounds, min: min * MIB, max: max * MIB });
      return bytes === undefined ? undefined : Math.floor(bytes / MIB);
    }
  }
}

/** A value as users write it: `30s`, `64KiB`, `1000`. */
function words(limit: keyof ExecutionLimits, value: number): string {
  switch (LIMITS[limit].unit) {
    case 'ms':
      return formatDuration(value).replaceAll(' ', '');
    case 'calls':
      return String(value);
    case 'bytes':
      return formatSize(value).replaceAll(' ', '');
    case 'MiB':
      return formatSize(value * MIB).replaceAll(' ', '');
  }
}
