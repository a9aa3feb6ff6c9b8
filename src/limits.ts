// Every bound of one execution in one table: validation, help, docs/sandbox.md and the sandbox itself are fed from it.
import { invalidInput, type OutcomeCode, type Problem } from './errors.ts';
import type { ExecutionLimits } from './execution.ts';

/** What one limit is for. Sizes are bytes unless the unit says MiB; a size of text is the length of the JavaScript string. */
export interface LimitInfo {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: 'ms' | 'MiB' | 'bytes' | 'calls';
  /** The attack or mistake it stops. */
  readonly stops: string;
  /** What script or caller meet when it is reached: the code of the outcome, or one sentence. */
  readonly reached: OutcomeCode | { readonly seen: string };
}

const MIB = 2 ** 20;
const DAY_MS = 86_400_000;

export const LIMITS: Readonly<Record<keyof ExecutionLimits, LimitInfo>> = {
  wallMs: {
    default: 30_000,
    min: 1,
    max: DAY_MS,
    unit: 'ms',
    stops: 'silent tools and promises that never settle',
    reached: 'WALL_TIMEOUT',
  },
  cpuMs: {
    default: 1_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    stops:
      'loops, regular expressions and microtask floods; also bounds how long others wait behind one script',
    reached: 'CPU_TIMEOUT',
  },
  memoryMb: {
    default: 32,
    min: 8,
    max: 512,
    unit: 'MiB',
    stops: 'object, string and closure bombs',
    reached: 'MEMORY_LIMIT',
  },
  queueMs: {
    default: 30_000,
    min: 1,
    max: DAY_MS,
    unit: 'ms',
    stops: 'waiting for an overloaded pool',
    reached: 'QUEUE_TIMEOUT',
  },
  maxToolCalls: {
    default: 1_000,
    min: 0,
    max: 1_000_000,
    unit: 'calls',
    stops: 'floods of tool calls',
    reached: 'TOOL_CALL_LIMIT',
  },
  maxPendingToolCalls: {
    default: 256,
    min: 1,
    max: 10_000,
    unit: 'calls',
    stops: 'floods of the tools, which run outside the sandbox',
    reached: { seen: 'nothing: further calls wait inside the script' },
  },
  maxToolArgBytes: {
    default: MIB,
    min: 2,
    max: 64 * MIB,
    unit: 'bytes',
    stops: 'memory and parsing time outside the sandbox',
    reached: 'TOOL_ARGS_TOO_LARGE',
  },
  maxToolResultBytes: {
    default: MIB,
    min: 2,
    max: 64 * MIB,
    unit: 'bytes',
    stops: 'a tool that floods the script',
    reached: { seen: 'the call fails with a ToolError, code RESULT_TOO_LARGE' },
  },
  toolTimeoutMs: {
    default: 30_000,
    min: 1,
    max: DAY_MS,
    unit: 'ms',
    stops: 'hung tools',
    reached: { seen: 'the call fails with a ToolError, code TIMEOUT' },
  },
  maxResultBytes: {
    default: MIB,
    min: 2,
    max: 64 * MIB,
    unit: 'bytes',
    stops: 'huge results (10 MB take 61 ms to cross)',
    reached: 'RESULT_TOO_LARGE',
  },
  maxSourceBytes: {
    default: 256 * 1_024,
    min: 1,
    max: 4 * MIB,
    unit: 'bytes',
    stops: 'compile time (100 KB take 2.8 ms)',
    reached: 'SOURCE_TOO_LARGE',
  },
  maxConsoleBytes: {
    default: 64 * 1_024,
    min: 0,
    max: 16 * MIB,
    unit: 'bytes',
    stops: 'floods of console output',
    reached: { seen: 'success; the text is cut and stats.logsTruncated is true' },
  },
  maxConsoleCalls: {
    default: 1_000,
    min: 0,
    max: 1_000_000,
    unit: 'calls',
    stops: 'floods of short lines, each of them a message, an event and an object outside',
    reached: { seen: 'success; further lines are dropped and stats.logsTruncated is true' },
  },
  maxErrorBytes: {
    default: 8 * 1_024,
    min: 256,
    max: MIB,
    unit: 'bytes',
    stops: 'huge error texts (a 20 MB message costs 100 MB outside)',
    reached: { seen: 'name, message and stack are cut' },
  },
};

const NAMES = Object.keys(LIMITS).filter((name): name is keyof ExecutionLimits => name in LIMITS);

/** The limits of an execution that asks for none. */
export const DEFAULT_LIMITS: ExecutionLimits = fill((name) => LIMITS[name].default);

/** Everything wrong with a set of limits that a caller gave, each with its path under `path`. */
export function limitProblems(given: object, path = 'limits'): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isLimitName(name)) {
      problems.push({ path: `${path}.${name}`, message: `no such limit; there are ${NAMES.join(', ')}` });
      continue;
    }
    const { min, max, unit } = LIMITS[name];
    if (typeof value !== 'number' || !(value >= min && value <= max))
      problems.push({
        path: `${path}.${name}`,
        message: `expected ${min} to ${max} ${unit}, got ${describe(value)}`,
      });
  }
  return problems;
}

/**
 * The limits of one execution: what the caller gave over what is usual.
 * An `undefined` field means the usual value; whole numbers are made of fractions by rounding up.
 * @throws EnclaveError INVALID_INPUT that lists every limit out of its range.
 */
export function resolveLimits(
  given: Partial<ExecutionLimits> | undefined,
  usual: ExecutionLimits = DEFAULT_LIMITS,
): ExecutionLimits {
  if (given === undefined) return usual;
  const problems = limitProblems(given);
  if (problems.length > 0) throw invalidInput('execution limits', problems);
  return fill((name) => Math.ceil(given[name] ?? usual[name]));
}

/** What was asked for, but nowhere above the ceiling; what the ceiling does not name is left as it is. */
export function lowerLimits(
  asked: Partial<ExecutionLimits>,
  ceiling: Partial<ExecutionLimits>,
): Partial<ExecutionLimits> {
  const lowered = Object.entries(ceiling).filter(
    ([name, most]) => isLimitName(name) && most < (asked[name] ?? Infinity),
  );
  return lowered.length === 0 ? asked : { ...asked, ...Object.fromEntries(lowered) };
}

function isLimitName(name: string): name is keyof ExecutionLimits {
  return Object.hasOwn(LIMITS, name);
}

function fill(pick: (name: keyof ExecutionLimits) => number): ExecutionLimits {
  return {
    wallMs: pick('wallMs'),
    cpuMs: pick('cpuMs'),
    memoryMb: pick('memoryMb'),
    queueMs: pick('queueMs'),
    maxToolCalls: pick('maxToolCalls'),
    maxPendingToolCalls: pick('maxPendingToolCalls'),
    maxToolArgBytes: pick('maxToolArgBytes'),
    maxToolResultBytes: pick('maxToolResultBytes'),
    toolTimeoutMs: pick('toolTimeoutMs'),
    maxResultBytes: pick('maxResultBytes'),
    maxSourceBytes: pick('maxSourceBytes'),
    maxConsoleBytes: pick('maxConsoleBytes'),
    maxConsoleCalls: pick('maxConsoleCalls'),
    maxErrorBytes: pick('maxErrorBytes'),
  };
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : `${JSON.stringify(value)} (${typeof value})`;
}
