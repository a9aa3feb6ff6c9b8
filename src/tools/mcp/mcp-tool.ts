// A tool of an MCP server as a tool of ours: name, schemas, effect, result, errors.
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  type CallToolResult,
  ErrorCode,
  type Tool as ListedTool,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Tool, ToolContext, ToolEffect } from '../define-tool.ts';
import { ToolFailure } from '../tool-failure.ts';
import type { McpServer } from './config.ts';
import { NO_TIMEOUT } from './connect.ts';
import { foreignSchema } from './foreign-schema.ts';
import type { McpSession } from './session.ts';

const MAX_DESCRIPTION = 4_096;
/** What a server answers that has forgotten the session, by the specification: after a restart, or when it expired. */
const SESSION_UNKNOWN = 404;

/** What a script gets from a tool that declares no output schema: all text; and every block, where there are others than text. */
const CONTENT = z.object({
  text: z.string(),
  content: z.array(z.looseObject({ type: z.string() })).optional(),
});

/** `listed` of `server` as a tool named `server:tool`. */
export function mcpTool(listed: ListedTool, server: McpServer, session: McpSession): Tool {
  const declaresResult = listed.outputSchema !== undefined;
  return {
    name: `${server.name}:${listed.name}`,
    description: (listed.description ?? listed.title ?? '').slice(0, MAX_DESCRIPTION),
    args: foreignSchema(listed.inputSchema),
    result: declaresResult ? foreignSchema(listed.outputSchema ?? {}) : CONTENT,
    secrets: server.secrets,
    effect: effectOf(listed.annotations),
    async handler(args, context) {
      const answer = await call(listed.name, args, server, session, context);
      if (answer.isError === true) throw new ToolFailure('MCP_TOOL_ERROR', textOf(answer));
      return declaresResult ? answer.structuredContent : plainResult(answer);
    },
  };
}

/** What the server says of itself. It is believed as far as its owner believes it by listing it. */
function effectOf(annotations: ListedTool['annotations']): ToolEffect {
  if (annotations?.readOnlyHint === true) return 'read';
  return annotations?.idempotentHint === true ? 'idempotent' : 'once';
}

async function call(
  name: string,
  args: unknown,
  server: McpServer,
  session: McpSession,
  { signal }: ToolContext,
): Promise<CallToolResult> {
  const client = await session.client();
  signal.throwIfAborted();
  try {
    // Checked to be an object by its schema, which MCP demands to be one of an object.
    const given = args as Record<string, unknown>;
    const answer = await client.callTool({ name, arguments: given }, undefined, {
      signal,
      timeout: NO_TIMEOUT,
    });
    return answer as CallToolResult;
  } catch (thrown) {
    if (thrown instanceof StreamableHTTPError && thrown.code === SESSION_UNKNOWN) session.drop(client);
    signal.throwIfAborted();
    throw failureOf(thrown, server.name);
  }
}

function failureOf(cause: unknown, server: string): ToolFailure {
  const message = cause instanceof Error ? cause.message : String(cause);
  const because = (code: string, what: string) => new ToolFailure(code, `${server}: ${what}`, { cause });
  if (cause instanceof McpError) {
    const bare = message.replace(/^MCP error -?\d+: /u, '');
    if (cause.code === ErrorCode.ConnectionClosed)
      return because('MCP_CONNECTION_CLOSED', 'the server is gone');
    if (cause.code === ErrorCode.InvalidParams) return because('INVALID_ARGS', bare);
    return because('MCP_ERROR', `${bare} (${cause.code})`);
  }
  if (cause instanceof StreamableHTTPError) return because('MCP_HTTP_ERROR', `${message} (${cause.code})`);
  if (message === 'Not connected') return because('MCP_CONNECTION_CLOSED', 'the server is gone');
  return because('MCP_FAILED', message);
}

function textOf({ content }: CallToolResult): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

function plainResult(answer: CallToolResult): z.infer<typeof CONTENT> {
  const onlyText = answer.content.every(({ type }) => type === 'text');
  return { text: textOf(answer), ...(onlyText ? {} : { content: answer.content }) };
}
