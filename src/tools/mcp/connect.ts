// One connection to one MCP server. The only file that touches the SDK's client; it is loaded when there is a server to reach.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { version } from '../../version.ts';
import { cappedFetch } from './capped-fetch.ts';
import type { HttpServer, McpServer, StdioServer } from './config.ts';

export interface Connection {
  readonly client: Client;
  readonly tools: readonly ListedTool[];
  /** Ends the session; a child gets end of input, 2 s later SIGTERM, 2 s later SIGKILL. Never rejects. */
  close(): Promise<void>;
}

interface Line {
  readonly transport: StdioClientTransport | StreamableHTTPClientTransport;
  /** What the server has said besides the protocol, for the message when it does not start. */
  readonly lastWords: () => string;
}

/** Of one message of a server. A result may be no larger for a script anyway (`maxToolResultBytes`), but its envelope is. */
export const MAX_MESSAGE_BYTES: number = 4 * 2 ** 20;
const MAX_TOOLS = 1_000;
const LAST_WORDS = 1_000;
/** The registry and the pool bound every call; the SDK's own 60 s must not come first. */
export const NO_TIMEOUT: number = 2 ** 31 - 1;
const GOODBYE_MS = 1_000;
const MAX_CAUSES = 3;

/**
 * Connects, agrees on a version and lists the tools, all within `timeoutMs`.
 * @throws Error that says why not, unmasked; nothing is left running then.
 */
export async function connect(
  server: McpServer,
  timeoutMs: number,
  outer: AbortSignal | undefined,
): Promise<Connection> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = outer === undefined ? timeout : AbortSignal.any([timeout, outer]);
  const client = new Client(
    { name: 'enclave', version },
    // No capability: a server can ask us for nothing, neither files nor a model nor the user.
    { capabilities: {}, jsonSchemaValidator: { getValidator: acceptAll } },
  );
  const line = server.kind === 'stdio' ? openStdio(server) : openHttp(server, client);
  const close = () => hangUp(client, line);
  try {
    await client.connect(line.transport as Parameters<Client['connect']>[0], { signal, timeout: NO_TIMEOUT });
    return { client, tools: await listTools(client, signal), close };
  } catch (thrown) {
    await close();
    const reason = timeout.aborted ? `did not answer within ${timeoutMs} ms` : thrown;
    throw new Error(reasonOf(reason, line.lastWords()), { cause: thrown });
  }
}

/** Results are checked by the registry, against the same schemas. */
function acceptAll<T>(): JsonSchemaValidator<T> {
  return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
}

/** Why there is no connection: the error and its causes, since fetch itself says only "fetch failed", and the server's stderr. */
function reasonOf(thrown: unknown, lastWords: string): string {
  const parts: string[] = [];
  for (let error = thrown; error instanceof Error && parts.length < MAX_CAUSES; error = error.cause) {
    const { message } = error;
    if (message !== '' && !parts.some((part) => part.includes(message))) parts.push(message);
  }
  const reason = parts.length === 0 ? String(thrown) : parts.join(': ');
  return lastWords === '' ? reason : `${reason}; its last words: ${lastWords}`;
}

function openStdio({ command, args, env, cwd }: StdioServer): Line {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    cwd,
    // Piped, so that a server can neither write to our terminal nor into what our user reads as our own messages.
    stderr: 'pipe',
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  let words = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`;
    // From the beginning of a line: half a secret would escape the mask.
    if (words.length > LAST_WORDS) words = words.slice(-LAST_WORDS).replace(/^.*\n?/u, '');
  });
  return { transport, lastWords: () => words.trim() };
}

function openHttp({ url, headers }: HttpServer, client: Client): Line {
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { ...headers } },
    fetch: cappedFetch(MAX_MESSAGE_BYTES, () => void hangUp(client, line)),
  });
  const line: Line = { transport, lastWords: () => '' };
  return line;
}

async function listTools(client: Client, signal: AbortSignal): Promise<ListedTool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, {
      signal,
      timeout: NO_TIMEOUT,
    });
    tools.push(...page.tools);
    if (tools.length > MAX_TOOLS) throw new Error(`it offers more than ${MAX_TOOLS} tools`);
    // An empty page that names a next one could go on for ever.
    cursor = page.tools.length === 0 ? undefined : page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

async function hangUp(client: Client, { transport }: Line): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport) {
    // Politeness towards a server that keeps sessions; it gets a second and its answer does not matter.
    const gone = new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref());
    await Promise.race([transport.terminateSession().catch(() => {}), gone]);
  }
  await client.close().catch(() => {});
  // A client that never came to be connected does not know its transport.
  await transport.close().catch(() => {});
}
