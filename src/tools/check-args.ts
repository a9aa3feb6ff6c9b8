// Checks what crosses between script and tool: a shape that alone is an attack on the embedding process is stopped before a
// schema or a handler sees it; the rest is held against what the tool declares.
import type { Tool } from './define-tool.ts';
import { ToolFailure } from './tool-failure.ts';

const SHOWN_ISSUES = 5;
/** Of one issue of a schema: it may name a key that the script chose. */
const MAX_ISSUE_LENGTH = 200;

/** Deeper nesting only serves to overflow the stack of whatever walks the arguments. */
const MAX_ARGS_DEPTH = 100;

/** A schema makes an issue of every value that it refuses: 500,000 of them, 1 MB of JSON, took zod 0.7 to 3 s. */
const MAX_ARGS_VALUES = 100_000;

/**
 * What is wrong with the shape of parsed JSON, or `undefined`.
 * An own `__proto__` key, which `JSON.parse` makes and a careless merge in a handler turns into a prototype; depth; number of values.
 */
export function shapeProblem(args: unknown): string | undefined {
  // By hand and level by level: recursion is what the depth is meant to break.
  let level: object[] = isObject(args) ? [args] : [];
  let values = 0;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_ARGS_DEPTH) return `nested more than ${MAX_ARGS_DEPTH} deep`;
    const next: object[] = [];
    for (const node of level) {
      if (!Array.isArray(node) && Object.hasOwn(node, '__proto__'))
        return 'a key named __proto__ is not allowed';
      const inside: readonly unknown[] = Array.isArray(node) ? node : Object.values(node);
      values += inside.length;
      if (values > MAX_ARGS_VALUES) return `more than ${MAX_ARGS_VALUES} values`;
      for (const inner of inside) if (isObject(inner)) next.push(inner);
    }
    level = next;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The value as the schema gives it. @throws ToolFailure with the code, and what is wrong in words. */
export async function parseDeclared(
  schema: Tool['args'],
  value: unknown,
  code: 'INVALID_ARGS' | 'INVALID_RESULT',
  what: string,
): Promise<unknown> {
  const parsed = await schema.safeParseAsync(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, SHOWN_ISSUES).map((issue) => {
    const path = issue.path.map(String).join('.');
    return cut(path === '' ? issue.message : `${path}: ${issue.message}`, MAX_ISSUE_LENGTH);
  });
  throw new ToolFailure(code, `${what} not as declared: ${issues.join('; ')}`);
}

export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
