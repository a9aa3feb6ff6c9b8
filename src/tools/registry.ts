// Serves tool calls: finds the tool, checks the arguments, hands it its secrets, bounds it, checks the result.
import { invalidInput } from '../errors.ts';
import type { ToolCallContext, ToolHandler } from '../execution.ts';
import { cut, parseDeclared, shapeProblem } from './check-args.ts';
import { resolveSecrets, toolPath, toolsProblems } from './check-tool.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import type { Tool } from './define-tool.ts';
import { createMask, type Mask, textOf } from './mask.ts';
import { Semaphore } from './semaphore.ts';
import { ToolFailure } from './tool-failure.ts';

/** Where secrets come from; `undefined` where there is none of that name. */
export type SecretSource = (name: string) => string | undefined;

export interface ToolRegistryOptions {
  readonly tools: readonly Tool[];
  readonly secrets: SecretSource;
}

interface Entry {
  readonly tool: Tool;
  readonly secrets: Readonly<Record<string, string>>;
  readonly mask: Mask;
  readonly gate: Semaphore | undefined;
}

const SHOWN_TOOLS = 20;
/** Of what a script is told about a failed call. */
const MAX_MESSAGE_LENGTH = 4_096;
const MAX_CODE_LENGTH = 64;

/**
 * A handler over a set of tools. Secrets are resolved here and now, so that one that is missing is found at the start.
 * @throws EnclaveError INVALID_INPUT with every bad tool and every missing secret.
 */
export function createToolHandler({ tools, secrets: source }: ToolRegistryOptions): ToolHandler {
  const problems = toolsProblems(tools);
  const resolved = tools.map((tool, index) => resolveSecrets(tool, source, toolPath(tool, index), problems));
  if (problems.length > 0) throw invalidInput('tools', problems);
  const entries = new Map<string, Entry>();
  for (const [index, tool] of tools.entries()) {
    const secrets = resolved[index] ?? {};
    const gate = tool.concurrency === undefined ? undefined : new Semaphore(tool.concurrency);
    entries.set(tool.name, { tool, secrets, mask: createMask(Object.values(secrets)), gate });
  }
  return async (name, args, context) => {
    const entry = entries.get(name);
    if (entry === undefined) throw unknownTool(name, entries);
    try {
      return await callTool(entry, args, context);
    } catch (thrown) {
      throw toFailure(thrown, entry.mask);
    }
  };
}

function unknownTool(name: string, entries: ReadonlyMap<string, Entry>): ToolFailure {
  const known = [...entries.keys()].slice(0, SHOWN_TOOLS).join(', ');
  const there = known === '' ? 'there are no tools' : `there are ${known}`;
  return new ToolFailure('UNKNOWN_TOOL', `no tool is named ${JSON.stringify(name.slice(0, 128))}; ${there}`);
}

async function callTool(entry: Entry, args: unknown, context: ToolCallContext): Promise<unknown> {
  const { tool, mask } = entry;
  const what = `the arguments of ${tool.name} are`;
  const misshapen = shapeProblem(args);
  if (misshapen !== undefined) throw new ToolFailure('INVALID_ARGS', `${what} not acceptable: ${misshapen}`);
  const deadline = startDeadline(context.signal, tool);
  const work = async () => {
    const checked = await parseDeclared(tool.args, args, 'INVALID_ARGS', what);
    const result = await runHandler(entry, checked, context, deadline);
    const declared =
      tool.result === undefined
        ? result
        : await parseDeclared(tool.result, result, 'INVALID_RESULT', `the result of ${tool.name} is`);
    return maskResult(declared, mask, tool.name);
  };
  try {
    return await Promise.race([work(), deadline.expired]);
  } finally {
    deadline.end();
  }
}

/** Runs the handler once there is a place for it. The place is held until the handler settles, whether or not its answer is still wanted. */
async function runHandler(
  { tool, secrets, gate }: Entry,
  args: unknown,
  context: ToolCallContext,
  { signal }: Deadline,
): Promise<unknown> {
  const release = await gate?.acquire(signal);
  try {
    // The call may have ended while its arguments were checked: then nothing is done in its name.
    signal.throwIfAborted();
    const idempotencyKey = `${context.executionId}/${context.callId}`;
    return await tool.handler(args, { ...context, signal, secrets, idempotencyKey });
  } finally {
    release?.();
  }
}

function maskResult(result: unknown, mask: Mask, name: string): unknown {
  try {
    return mask.value(result);
  } catch (cause) {
    throw new ToolFailure('INVALID_RESULT', `the result of ${name} cannot be written as JSON`, { cause });
  }
}

/** Whatever was thrown, as something that a script may see: code and message, short and without any secret value. */
function toFailure(thrown: unknown, mask: Mask): ToolFailure {
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
      ? thrown.code
      : 'TOOL_FAILED';
  // Masked before it is cut, so that no half of a secret is left at the end.
  return new ToolFailure(
    cut(mask.text(code), MAX_CODE_LENGTH),
    cut(mask.text(textOf(thrown)), MAX_MESSAGE_LENGTH),
    { cause: mask.error(thrown) },
  );
}
