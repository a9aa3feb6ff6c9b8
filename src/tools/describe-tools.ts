// Tools as data: what `enclave tools list` shows, and what a language model is told.
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { toolsProblems } from './check-tool.ts';
import type { Tool, ToolEffect } from './define-tool.ts';
import type { JsonSchema } from './schema-to-type.ts';

/** One tool without its handler. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly effect: ToolEffect;
  /** What a script has to pass, as JSON Schema 2020-12; `{}` where the schema cannot be written so. */
  readonly args: JsonSchema;
  /** What a script gets; absent when the tool declares nothing. */
  readonly result?: JsonSchema;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  /** Answered by the client of a session. */
  readonly external?: true;
  /** Names only. */
  readonly secrets: readonly string[];
}

/**
 * Describes tools, in order.
 * @throws EnclaveError INVALID_INPUT with everything wrong with them; missing secrets are not looked for.
 */
export function describeTools(tools: readonly Tool[]): ToolDescription[] {
  const problems = toolsProblems(tools);
  if (problems.length > 0) throw invalidInput('tools', problems);
  return tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    effect: tool.effect ?? 'once',
    args: jsonSchema(tool.args, 'input'),
    ...(tool.result === undefined ? {} : { result: jsonSchema(tool.result, 'output') }),
    ...(tool.timeout === undefined ? {} : { timeoutMs: tool.timeout }),
    ...(tool.concurrency === undefined ? {} : { concurrency: tool.concurrency }),
    ...(tool.external === true ? { external: true as const } : {}),
    secrets: tool.secrets ?? [],
  }));
}

/** A script writes what goes into the schema of the arguments and reads what comes out of that of the result. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  try {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    return rest;
  } catch {
    // A schema of another zod than ours, or one that has no JSON form: the tool works, only its type is not known.
    return {};
  }
}
