// The tools that a command line names, opened: those of a tools file and those of MCP servers.
import type { Tool } from '../tools/define-tool.ts';
import type { Io } from './io.ts';

export interface ToolFlags {
  /** Tools file. */
  readonly tools?: string;
}

/** Tools that can be called until they are disposed of. */
export interface OpenTools extends AsyncDisposable {
  readonly tools: readonly Tool[];
}

/**
 * Opens what the flags name; everything is loaded only when asked for, since zod and the user's file cost more than a trivial script.
 * @throws EnclaveError FILE_NOT_READABLE or INVALID_INPUT.
 */
export async function openTools(flags: ToolFlags, io: Io): Promise<OpenTools> {
  return { tools: await toolsOfFile(flags.tools, io), [Symbol.asyncDispose]: async () => {} };
}

async function toolsOfFile(path: string | undefined, io: Io): Promise<Tool[]> {
  if (path === undefined) return [];
  const { loadToolsFile } = await import('../tools/load-tools-file.ts');
  return await loadToolsFile(path, io.cwd);
}
