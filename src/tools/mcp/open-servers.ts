// MCP servers, opened: their tools can be called until they are disposed of.
import { type Clock, realClock } from '../../clock.ts';
import { EnclaveError, type Problem } from '../../errors.ts';
import { toolsProblems } from '../check-tool.ts';
import type { Tool } from '../define-tool.ts';
import { createMask } from '../mask.ts';
import type { SecretSource } from '../registry.ts';
import type { McpServer } from './config.ts';

export interface McpOptions {
  /** The same source that the configuration was expanded from: what must not be shown. */
  readonly secrets: SecretSource;
  /** For start, connection and listing of each server, ms. Default 30,000: a first `npx` downloads its server. */
  readonly connectTimeout?: number;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** Paces the restarts of servers that die. Default: the real one. */
  readonly clock?: Clock;
}

/** Disposing ends every session and every child process; takes up to 4 s where a child ignores the end of its input. */
export interface OpenMcpServers extends AsyncDisposable {
  /** Named `server:tool`. */
  readonly tools: readonly Tool[];
  /** Tools left out, and why: a name that a tool cannot have here. */
  readonly leftOut: readonly Problem[];
}

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
const MAX_REASON = 2_000;

/**
 * Starts or reaches all servers at the same time and lists their tools.
 * @throws EnclaveError TOOLS_UNAVAILABLE with every server that failed; the others are closed before.
 */
export async function openMcpServers(
  servers: readonly McpServer[],
  { secrets, connectTimeout = DEFAULT_CONNECT_TIMEOUT_MS, signal, clock = realClock }: McpOptions,
): Promise<OpenMcpServers> {
  const [{ connect }, { mcpTool }, { McpSession }] = await Promise.all([
    import('./connect.ts'),
    import('./mcp-tool.ts'),
    import('./session.ts'),
  ]);
  const attempts = await Promise.allSettled(
    servers.map(async (server) => {
      const connection = await connect(server, connectTimeout, signal);
      return { server, connection };
    }),
  );
  const open = attempts.flatMap((attempt) => {
    if (attempt.status === 'rejected') return [];
    const { server, connection } = attempt.value;
    const again = (stopped: AbortSignal) => connect(server, connectTimeout, stopped);
    const session = new McpSession(connection, { name: server.name, clock, connect: again });
    return [{ server, session, listed: connection.tools }];
  });
  const close = async () => void (await Promise.all(open.map(({ session }) => session.close())));
  const problems = attempts.flatMap((attempt, index) => {
    const server = servers[index];
    return attempt.status === 'rejected' && server !== undefined
      ? [{ path: server.name, message: masked(attempt.reason, server, secrets) }]
      : [];
  });
  if (problems.length > 0) {
    await close();
    throw unavailable(problems);
  }
  const found = open.flatMap(({ server, session, listed }) =>
    listed.map((tool) => mcpTool(tool, server, session)),
  );
  return { ...sift(found), [Symbol.asyncDispose]: close };
}

function masked(thrown: unknown, server: McpServer, secrets: SecretSource): string {
  const mask = createMask(server.secrets.map((name) => secrets(name) ?? ''));
  return mask.text(thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MAX_REASON);
}

function unavailable(problems: readonly Problem[]): EnclaveError {
  const list = problems.map(({ path, message }) => `${path}: ${message}`);
  return new EnclaveError(
    'TOOLS_UNAVAILABLE',
    `cannot use ${list.length === 1 ? 'the MCP server' : `${list.length} MCP servers`}\n  ${list.join('\n  ')}`,
    { problems, hint: 'run the command, or open the URL, of the server by hand to see what it lacks' },
  );
}

/** A stranger's tool with a name that cannot be used here must not make the others unusable. */
function sift(tools: readonly Tool[]): Pick<OpenMcpServers, 'tools' | 'leftOut'> {
  const usable: Tool[] = [];
  const leftOut: Problem[] = [];
  const names = new Set<string>();
  for (const tool of tools) {
    const problems = toolsProblems([tool]);
    if (names.has(tool.name)) problems.push({ path: tool.name, message: 'the server lists it twice' });
    names.add(tool.name);
    if (problems.length === 0) usable.push(tool);
    leftOut.push(...problems.map(({ message }) => ({ path: tool.name, message })));
  }
  return { tools: usable, leftOut };
}
