// The tools that a command line names, opened: those of a tools file and those of MCP servers.
import type { Command } from 'commander';
import type { ToolHandler } from '../execution.ts';
import type { Tool } from '../tools/define-tool.ts';
import { type Io, printable } from './io.ts';

export interface ToolFlags {
  /** Tools file. */
  readonly tools?: string;
  /** File of MCP servers. */
  readonly mcp?: string;
}

/** Tools that can be called until they are disposed of. */
export interface OpenTools extends AsyncDisposable {
  readonly tools: readonly Tool[];
}

/** Declares the two options on a command, so that they read alike everywhere. */
export function toolOptions(command: Command): Command {
  return command
    .option(
      '--tools <file>',
      'tools file (.ts or .js) whose tools the script may call; scenario:NAME simulates those of a scenario',
    )
    .option('--mcp <file>', 'JSON file of MCP servers; their tools are called as server:tool');
}

/** The same behind one handler, as a pool wants it. */
export interface OpenHandler extends AsyncDisposable {
  readonly handle: ToolHandler;
}

/** Where tools find their secrets: the environment of this process, which no script can see. */
function secretsOf(io: Io): (name: string) => string | undefined {
  return (name) => io.env[name];
}

/**
 * Opens what the flags name; everything is loaded only when asked for, since zod, the SDK and the user's file cost more
 * than a trivial script. Tools of servers that cannot be called are named on stderr.
 * @throws EnclaveError FILE_NOT_READABLE, INVALID_INPUT or TOOLS_UNAVAILABLE.
 */
export async function openTools(flags: ToolFlags, io: Io): Promise<OpenTools> {
  const own = await toolsOfFile(flags.tools, io);
  if (flags.mcp === undefined) return { tools: own, [Symbol.asyncDispose]: async () => {} };
  const [{ loadMcpConfig }, { openMcpServers }] = await Promise.all([
    import('../tools/mcp/config.ts'),
    import('../tools/mcp/open-servers.ts'),
  ]);
  const secrets = secretsOf(io);
  const servers = await loadMcpConfig(flags.mcp, { cwd: io.cwd, secrets });
  const opened = await openMcpServers(servers, { secrets, signal: io.interrupted });
  for (const { path, message } of opened.leftOut)
    io.stderr.write(`warning: left out ${printable(JSON.stringify(path))}: ${printable(message)}\n`);
  return { tools: [...own, ...opened.tools], [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

/** `--tools scenario:NAME`: the simulated tools of a scenario, for a bench of what serves them. */
const SCENARIO = 'scenario:';

async function toolsOfFile(path: string | undefined, io: Io): Promise<Tool[]> {
  if (path === undefined) return [];
  if (path.startsWith(SCENARIO)) {
    const { loadScenario } = await import('../scenario/load-scenario.ts');
    const { simulatedTools } = await import('../scenario/simulated-tools.ts');
    return simulatedTools(await loadScenario(path.slice(SCENARIO.length), io.cwd));
  }
  const { loadToolsFile } = await import('../tools/load-tools-file.ts');
  return await loadToolsFile(path, io.cwd);
}

/**
 * Opens what the flags name and checks it: each tool is whole and has its secrets.
 * @throws EnclaveError as {@link openTools}; no server is left running then.
 */
export async function openToolHandler(flags: ToolFlags, io: Io): Promise<OpenHandler> {
  const { createToolHandler } = await import('../tools/registry.ts');
  const opened = await openTools(flags, io);
  const close = () => opened[Symbol.asyncDispose]();
  try {
    const handle = createToolHandler({ tools: opened.tools, secrets: secretsOf(io) });
    return { handle, [Symbol.asyncDispose]: close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
