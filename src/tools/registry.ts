// Serves tool calls: finds the tool, checks the arguments, resolves its secrets, bounds it, checks the result.
import { invalidInput, type Problem } from '../errors.ts';
import type { ToolCallContext, ToolHandler } from '../execution.ts';
import type { Tool } from './define-tool.ts';
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
  readonly gate: Semaphore | undefined;
}

const NAME = /^[\w\-.:/]{1,128}$/u;
const MAX_TIMEOUT_MS = 3_600_000;
const MAX_CONCURRENCY = 10_000;
const SHOWN_ISSUES = 5;

/**
 * A handler over a set of tools. Secrets are resolved here and now, so that one that is missing is found at the start.
 * @throws EnclaveError INVALID_INPUT with every bad tool and every missing secret.
 */
export function createToolHandler({ tools, secrets }: ToolRegistryOptions): ToolHandler {
  const problems: Problem[] = [];
  const entries = new Map<string, Entry>();
  for (const [index, tool] of tools.entries()) {
    const path = `tools[${index}]${typeof tool.name === 'string' ? ` (${tool.name.slice(0, 40)})` : ''}`;
    problems.push(...checkTool(tool, path));
    if (entries.has(tool.name))
      problems.push({ path, message: `expected a name of its own, got ${tool.name} twice` });
    const found = resolveSecrets(tool, secrets, path, problems);
    const gate = tool.concurrency === undefined ? undefined : new Semaphore(tool.concurrency);
    entries.set(tool.name, { tool, secrets: found, gate });
  }
  if (problems.length > 0) throw invalidInput('tools', problems);
  return (name, args, context) => {
    const entry = entries.get(name);
    if (entry === undefined) throw unknownTool(name, entries);
    return callTool(entry, args, context);
  };
}

function checkTool(tool: Tool, path: string): Problem[] {
  const problems: Problem[] = [];
  const expect = (field: string, ok: boolean, expected: string, value: unknown) => {
    if (!ok)
      problems.push({ path: `${path}.${field}`, message: `expected ${expected}, got ${describe(value)}` });
  };
  expect(
    'name',
    typeof tool.name === 'string' && NAME.test(tool.name),
    '1 to 128 letters, digits, _ - . : /',
    tool.name,
  );
  expect('description', typeof tool.description === 'string', 'a text', tool.description);
  expect('args', isSchema(tool.args), 'a zod schema', tool.args);
  expect(
    'result',
    tool.result === undefined || isSchema(tool.result),
    'a zod schema or nothing',
    tool.result,
  );
  expect('handler', typeof tool.handler === 'function', 'a function', tool.handler);
  expect('timeout', inRange(tool.timeout, MAX_TIMEOUT_MS), `1 to ${MAX_TIMEOUT_MS} ms`, tool.timeout);
  expect(
    'concurrency',
    inRange(tool.concurrency, MAX_CONCURRENCY),
    `1 to ${MAX_CONCURRENCY}`,
    tool.concurrency,
  );
  expect(
    'effect',
    [undefined, 'read', 'idempotent', 'once'].includes(tool.effect),
    'read, idempotent or once',
    tool.effect,
  );
  return problems;
}

function inRange(value: number | undefined, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= max);
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParseAsync' in value;
}

function describe(value: unknown): string {
  return `${JSON.stringify(value) ?? String(value)} (${typeof value})`.slice(0, 80);
}

function resolveSecrets(
  tool: Tool,
  source: SecretSource,
  path: string,
  problems: Problem[],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of tool.secrets ?? []) {
    const value = source(name);
    if (value === undefined)
      problems.push({ path: `${path}.secrets`, message: `expected a secret ${name}, got none` });
    else found[name] = value;
  }
  return found;
}

function unknownTool(name: string, entries: ReadonlyMap<string, Entry>): ToolFailure {
  const known = [...entries.keys()].slice(0, 20).join(', ');
  const there = known === '' ? 'there are no tools' : `there are ${known}`;
  return new ToolFailure('UNKNOWN_TOOL', `no tool is named ${JSON.stringify(name.slice(0, 128))}; ${there}`);
}

async function callTool(entry: Entry, args: unknown, context: ToolCallContext): Promise<unknown> {
  const { tool, secrets, gate } = entry;
  const checked = await parse(tool.args, args, 'INVALID_ARGS', `the arguments of ${tool.name} are`);
  const bound = deadline(context.signal, tool);
  try {
    const release = await gate?.acquire(bound.signal);
    try {
      const idempotencyKey = `${context.executionId}/${context.callId}`;
      const work = tool.handler(checked, { ...context, signal: bound.signal, secrets, idempotencyKey });
      const result = await Promise.race([work, bound.expired]);
      return tool.result === undefined
        ? result
        : await parse(tool.result, result, 'INVALID_RESULT', `the result of ${tool.name} is`);
    } finally {
      release?.();
    }
  } catch (thrown) {
    throw toFailure(thrown, Object.values(secrets));
  } finally {
    bound.end();
  }
}

async function parse(
  schema: Tool['args'],
  value: unknown,
  code: 'INVALID_ARGS' | 'INVALID_RESULT',
  what: string,
): Promise<unknown> {
  const parsed = await schema.safeParseAsync(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, SHOWN_ISSUES).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  throw new ToolFailure(code, `${what} not as declared: ${issues.join('; ')}`);
}

/** The call's signal joined with the tool's own time-out, and a promise that rejects when either fires. */
function deadline(
  outer: AbortSignal,
  tool: Tool,
): { signal: AbortSignal; expired: Promise<never>; end: () => void } {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  // Nobody may be listening yet when it fires while the call still waits for a permit.
  expired.catch(() => {});
  const fire = (failure: ToolFailure) => {
    controller.abort(failure);
    reject(failure);
  };
  const onAbort = () => fire(new ToolFailure('CANCELLED', `the call of ${tool.name} was cancelled`));
  if (outer.aborted) onAbort();
  else outer.addEventListener('abort', onAbort, { once: true });
  const { timeout } = tool;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(
          () => fire(new ToolFailure('TIMEOUT', `${tool.name} did not answer within ${timeout} ms`)),
          timeout,
        );
  const end = () => {
    clearTimeout(timer);
    outer.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, expired, end };
}

/** What a handler threw, as something that a script may see: its code, its message, without any secret value. */
function toFailure(thrown: unknown, secrets: readonly string[]): ToolFailure {
  const code =
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
      ? thrown.code
      : 'TOOL_FAILED';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ToolFailure(redact(code, secrets), redact(message, secrets), { cause: thrown });
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '[secret]')), text);
}
