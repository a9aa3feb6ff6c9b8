// What a tool is: a function of the embedding process that scripts may call by name, with checked arguments.
import type { z } from 'zod';
import type { ToolCallContext } from '../execution.ts';
import { ToolFailure } from './tool-failure.ts';

/**
 * What a call does to the world, which decides whether it may be repeated after a failure.
 * `read`: nothing; `idempotent`: the same as once, under one idempotency key; `once`: never repeat (assumed when absent).
 */
export type ToolEffect = 'read' | 'idempotent' | 'once';

/** What a handler is told besides its arguments. */
export interface ToolContext extends ToolCallContext {
  /** The secrets that the tool names, resolved in this process; never sent to a script. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The same for every attempt of one call: `<executionId>/<callId>`. Hand it to the service behind an idempotent tool. */
  readonly idempotencyKey: string;
}

export interface Tool<Args = unknown, Result = unknown> {
  /** What scripts call it: 1 to 128 letters, digits and `_ - . : /`. */
  readonly name: string;
  /** For people and language models; one or two sentences. */
  readonly description: string;
  /** Checks and types the arguments. Scripts choose them: what the schema lets through reaches the handler. */
  readonly args: z.ZodType<Args>;
  /** Checks the result before a script sees it. Default: any JSON. */
  readonly result?: z.ZodType<Result>;
  /** Names of secrets that the handler needs; at least 4 characters each, since shorter ones cannot be masked. Default: none. */
  readonly secrets?: readonly string[];
  /** Default `once`. */
  readonly effect?: ToolEffect;
  /** ms until a call fails with code TIMEOUT, waiting for a place included, 1 to 3,600,000. Default: the pool's limit alone. */
  readonly timeout?: number;
  /**
   * Handlers of this tool at work at one time in this process, 1 to 10,000; further calls wait. Default: unbounded.
   * A handler keeps its place until it settles, also when its call has timed out: heed `context.signal`.
   */
  readonly concurrency?: number;
  /** Answered by the client of a session on a broker, such as a person who approves, and by no handler. Default false. */
  readonly external?: boolean;
  /**
   * Does the work. May throw: an error's string `code` and its message reach the script, cut to length and without
   * the values of `secrets`. A method, so that a tool of particular arguments is assignable to plain `Tool`.
   */
  handler(args: Args, context: ToolContext): Result | Promise<Result>;
}

/**
 * Defines a tool: the identity function, there for its types.
 *
 * @example
 * const getUser = defineTool({
 *   name: 'getUser',
 *   description: 'Looks a user up by id',
 *   args: z.object({ id: z.number().int().positive() }),
 *   handler: ({ id }) => ({ id, name: `user ${id}` }),
 * });
 */
export function defineTool<Args, Result>(
  tool: Tool<Args, Result> | ExternalTool<Args, Result>,
): Tool<Args, Result> {
  return 'handler' in tool ? tool : { ...tool, handler: answeredElsewhere };
}

/** A tool that a client answers: it has neither handler nor secrets, and nothing of it runs at the broker. */
export interface ExternalTool<Args = unknown, Result = unknown>
  extends Pick<Tool<Args, Result>, 'name' | 'description' | 'args' | 'result' | 'timeout'> {
  readonly external: true;
}

function answeredElsewhere(): never {
  throw new ToolFailure('NOT_SUPPORTED', 'the tool is answered by the client of a broker, and there is none');
}
