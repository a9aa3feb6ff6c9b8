// What clients and language models are told about the tools: names, descriptions, JSON schemas. No secrets, no code.
import { z } from 'zod';
import type { Tool } from '../tools/define-tool.ts';

export interface ToolListing {
  readonly name: string;
  readonly description: string;
  readonly effect: string;
  readonly args: unknown;
}

export function listTools(tools: readonly Tool[]): ToolListing[] {
  return tools.map(({ name, description, effect, args }) => ({
    name,
    description,
    effect: effect ?? 'once',
    args: z.toJSONSchema(args, { unrepresentable: 'any' }),
  }));
}
