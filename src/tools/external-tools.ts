// Tools that clients answer: what a script passes and what a client says is held against what the tool declares.
import { parseDeclared, shapeProblem } from './check-args.ts';
import type { Tool } from './define-tool.ts';
import { ToolFailure } from './tool-failure.ts';

export interface ExternalToolCheck {
  /** ms until a call that nobody has answered fails with TIMEOUT; absent: the limits of the session alone. */
  readonly timeoutMs?: number;
  /** @throws ToolFailure INVALID_ARGS */
  checkArgs(args: unknown): Promise<void>;
  /** The answer as the script gets it. @throws ToolFailure INVALID_RESULT */
  checkResult(result: unknown): Promise<unknown>;
}

/** The external ones of some tools, by name. */
export function externalTools(tools: readonly Tool[]): ReadonlyMap<string, ExternalToolCheck> {
  return new Map(tools.filter(({ external }) => external === true).map((tool) => [tool.name, checkOf(tool)]));
}

function checkOf({ name, args: schema, result: resultSchema, timeout }: Tool): ExternalToolCheck {
  return {
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    async checkArgs(args) {
      const what = `the arguments of ${name} are`;
      const misshapen = shapeProblem(args);
      if (misshapen !== undefined)
        throw new ToolFailure('INVALID_ARGS', `${what} not acceptable: ${misshapen}`);
      await parseDeclared(schema, args, 'INVALID_ARGS', what);
    },
    async checkResult(result) {
      if (resultSchema === undefined) return result;
      return await parseDeclared(resultSchema, result, 'INVALID_RESULT', `the result of ${name} is`);
    },
  };
}
