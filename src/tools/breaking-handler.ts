// A tool handler that leaves a tool alone while what is behind it cannot be reached.
import { CircuitBreaker } from '../circuit-breaker.ts';
import type { Clock } from '../clock.ts';
import type { ToolHandler } from '../execution.ts';
import { ToolFailure } from './tool-failure.ts';

export interface ToolBreakerOptions {
  /** Calls in a row that found nobody or ran out of time, from 1. Default 5. */
  readonly failures?: number;
  /** How long the tool is then left alone, ms. Default 60,000. */
  readonly openFor?: number;
}

const DEFAULTS = { failures: 5, openFor: 60_000 } as const;
/**
 * What a service that is away looks like. What a handler throws otherwise is an answer: a script that asks for what there
 * is not must not close a tool to everybody.
 */
const AWAY = new Set([
  'TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Causes are looked through so far: `fetch` hides the reason one or two levels down. */
const MAX_CAUSES = 4;

/** One for each tool, by its name. */
export function createToolBreakers(
  names: readonly string[],
  clock: Clock,
  { failures = DEFAULTS.failures, openFor = DEFAULTS.openFor }: ToolBreakerOptions = {},
): ReadonlyMap<string, CircuitBreaker> {
  return new Map(names.map((name) => [name, new CircuitBreaker({ clock, failures, openMs: openFor })]));
}

/** @param handler what is called while the breaker of the tool is closed; open, calls fail with TOOL_UNAVAILABLE at once. */
export function createBreakingHandler(
  handler: ToolHandler,
  breakers: ReadonlyMap<string, CircuitBreaker>,
): ToolHandler {
  return async (name, args, context) => {
    const breaker = breakers.get(name);
    if (breaker === undefined) return await handler(name, args, context);
    if (!breaker.tryEnter()) {
      const seconds = Math.max(1, Math.ceil(breaker.waitMs / 1_000));
      throw new ToolFailure('TOOL_UNAVAILABLE', `the tool ${name} is away; try again in ${seconds} s`);
    }
    try {
      const result: unknown = await handler(name, args, context);
      breaker.succeeded();
      return result;
    } catch (thrown) {
      if (context.signal.aborted) breaker.undecided();
      else if (isAway(thrown)) breaker.failed();
      else if (codeOf(thrown) === 'INVALID_ARGS') breaker.undecided();
      else breaker.succeeded();
      throw thrown;
    }
  };
}

function isAway(thrown: unknown): boolean {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++) {
    const code = codeOf(error);
    if (AWAY.has(code) || code.startsWith('UND_ERR_')) return true;
    error = error.cause;
  }
  return false;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
