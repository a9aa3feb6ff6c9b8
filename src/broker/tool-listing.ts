// What clients and language models are told about the tools: names, descriptions, JSON schemas. No secrets, no code.
import type { Tool } from '../tools/define-tool.ts';
import { describeTools, type ToolDescription } from '../tools/describe-tools.ts';

export type ToolListing = Omit<ToolDescription, 'secrets' | 'concurrency'>;

export function listTools(tools: readonly Tool[]): ToolListing[] {
  return describeTools(tools).map(({ secrets: _secrets, concurrency: _concurrency, ...listing }) => listing);
}
