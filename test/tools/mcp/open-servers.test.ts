import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Clock, ManualClock, realClock } from '../../../src/clock.ts';
import type { EnclaveError } from '../../../src/errors.ts';
import type { ToolCallContext, ToolHandler } from '../../../src/execution.ts';
import { describeTools } from '../../../src/tools/describe-tools.ts';
import { parseMcpConfig } from '../../../src/tools/mcp/config.ts';
import { type OpenMcpServers, openMcpServers } from '../../../src/tools/mcp/open-servers.ts';
import { createToolHandler } from '../../../src/tools/registry.ts';
import { startHttpFixture } from '../../fixtures/mcp/http.ts';

const SECRET = 'tok-s3cr3t-1';
/** Joined, because a linter takes it for a template string. */
const TOKEN = ['$', '{env:TOKEN}'].join('');
const STDIO = fileURLToPath(new URL('../../fixtures/mcp/stdio.ts', import.meta.url));
const secrets = (name: string) => (name === 'TOKEN' ? SECRET : undefined);

function stdio(...args: string[]) {
  return { command: process.execPath, args: [STDIO, ...args], env: { KEY: TOKEN } };
}

function open(
  mcpServers: object,
  connectTimeout = 30_000,
  clock: Clock = realClock,
): Promise<OpenMcpServers> {
  const servers = parseMcpConfig({ mcpServers }, { cwd: process.cwd(), secrets });
  return openMcpServers(servers, { secrets, connectTimeout, clock });
}

function context(signal: AbortSignal = new AbortController().signal): ToolCallContext {
  return { executionId: 'e1', callId: 1, tenant: 'default', signal };
}

/** Calls tools until the servers are closed again. */
async function withTools(
  mcpServers: object,
  use: (call: Call, handle: ToolHandler) => Promise<void>,
): Promise<void> {
  await using opened = await open(mcpServers);
  const handle = createToolHandler({ tools: opened.tools, secrets });
  await use((name, args = {}) => Promise.resolve(handle(name, args, context())), handle);
}

type Call = (name: string, args?: unknown) => Promise<unknown>;

async function isGone(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

describe.each(['stdio', 'http', 'http answering with JSON'])('tools of an MCP server over %s', (way) => {
  async function withServer(use: (call: Call, handle: ToolHandler) => Promise<void>): Promise<void> {
    if (way === 'stdio') return await withTools({ srv: stdio() }, use);
    await using server = await startHttpFixture(SECRET, { json: way !== 'http' });
    await withTools({ srv: { url: server.url, headers: { Authorization: `Bearer ${TOKEN}` } } }, use);
    expect(server.sessions()).toBe(0);
  }

  it('answer with what they declare, with text, or with text and every block', () =>
    withServer(async (call) => {
      expect(await call('srv:add', { a: 2, b: 3 })).toEqual({ sum: 5 });
      expect(await call('srv:echo', { text: 'hello' })).toEqual({ text: 'hello' });
      expect(await call('srv:picture')).toEqual({
        text: 'look',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        ],
      });
    }));

  it('refuse arguments that are not as declared, here', () =>
    withServer(async (call) => {
      await expect(call('srv:add', { a: 'x', b: 1 })).rejects.toMatchObject({
        code: 'INVALID_ARGS',
        message: 'the arguments of srv:add are not as declared: a: must be number',
      });
      await expect(call('srv:add', [])).rejects.toMatchObject({ code: 'INVALID_ARGS' });
    }));

  it('fail with the text of the tool, without secrets', () =>
    withServer(async (call) => {
      await expect(call('srv:fail', { why: `no ${SECRET}` })).rejects.toMatchObject({
        code: 'MCP_TOOL_ERROR',
        message: 'no [secret]',
      });
    }));

  it('are told when a call is cancelled', () =>
    withServer(async (call, handle) => {
      const controller = new AbortController();
      const waiting = handle('srv:wait', {}, context(controller.signal));
      // An answer to a later question: by then the server has begun to wait.
      await call('srv:echo', { text: 'now' });
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect.poll(() => call('srv:cancelled'), { timeout: 20_000 }).toEqual({ text: '1' });
    }));

  it('end a call whose answer is larger than 4 MiB', () =>
    withServer(async (call) => {
      await expect(call('srv:flood', { bytes: 5 * 2 ** 20 })).rejects.toMatchObject({
        code: expect.stringMatching(/^MCP_/u),
      });
    }));
});

describe('openMcpServers()', () => {
  it('lists types and effects as the server declares them, and leaves out what cannot be called', async () => {
    await using opened = await open({ srv: stdio() });
    const [add, echo] = describeTools(opened.tools);
    expect(add).toMatchObject({
      name: 'srv:add',
      description: 'Adds two numbers',
      effect: 'read',
      secrets: ['TOKEN'],
      args: { type: 'object', properties: { a: { type: 'number' } }, required: ['a', 'b'] },
      result: { type: 'object', properties: { sum: { type: 'number' } } },
    });
    expect(echo).toMatchObject({
      effect: 'idempotent',
      result: { properties: { text: { type: 'string' } } },
    });
    expect(opened.leftOut.map(({ path }) => path)).toEqual(['srv:has space']);
  });

  it('gives a child the variables of its entry and a few harmless ones, no others', async () => {
    process.env['ENCLAVE_TEST_HIDDEN'] = 'hidden';
    await withTools({ srv: stdio() }, async (call) => {
      const { text } = (await call('srv:env')) as { text: string };
      expect(JSON.parse(text)).toMatchObject({ KEY: '[secret]' });
      expect(text).not.toContain('hidden');
    });
  });

  it('leaves no child behind', async () => {
    let pid = 0;
    await withTools({ srv: stdio() }, async (call) => {
      pid = Number(((await call('srv:pid')) as { text: string }).text);
      expect(await isGone(pid)).toBe(false);
    });
    await expect.poll(() => isGone(pid), { timeout: 20_000 }).toBe(true);
  });

  it('starts a server again that died, for the next call and not for the one that was lost', async () => {
    await withTools({ srv: stdio() }, async (call) => {
      await expect(call('srv:die')).rejects.toMatchObject({ code: 'MCP_CONNECTION_CLOSED' });
      const both = [call('srv:add', { a: 1, b: 1 }), call('srv:add', { a: 2, b: 2 })];
      expect(await Promise.all(both)).toEqual([{ sum: 2 }, { sum: 4 }]);
    });
  });

  it('waits longer before every further restart, and leaves one alone that does not stay up', async () => {
    const clock = new ManualClock();
    await using opened = await open({ srv: stdio() }, 30_000, clock);
    const handle = createToolHandler({ tools: opened.tools, secrets });
    const call = async (name: string) => await handle(name, {}, context());
    for (const pause of [0, 1, 2, 4, 8]) {
      await expect(call('srv:die')).rejects.toMatchObject({ code: 'MCP_CONNECTION_CLOSED' });
      if (pause > 0)
        await expect(call('srv:pid')).rejects.toThrow(
          `srv: the server is gone; it is started again in ${pause} s`,
        );
      await clock.advance(pause * 1_000);
      expect(await call('srv:pid')).toMatchObject({ text: expect.stringMatching(/^\d+$/u) });
    }
    await expect(call('srv:die')).rejects.toMatchObject({ code: 'MCP_CONNECTION_CLOSED' });
    await clock.advance(59_000);
    await expect(call('srv:pid')).rejects.toThrow('it has died 5 times and is left alone');
    // Long after the last start it may have been repaired.
    await clock.advance(1_000);
    expect(await call('srv:pid')).toMatchObject({ text: expect.stringMatching(/^\d+$/u) });
  });

  it('leaves no child behind that was started again', async () => {
    let pid = 0;
    await withTools({ srv: stdio() }, async (call) => {
      await expect(call('srv:die')).rejects.toThrow();
      pid = Number(((await call('srv:pid')) as { text: string }).text);
    });
    await expect.poll(() => isGone(pid), { timeout: 20_000 }).toBe(true);
  });

  it('opens another session where an HTTP server has forgotten its own', async () => {
    await using server = await startHttpFixture(SECRET);
    await withTools(
      { srv: { url: server.url, headers: { Authorization: `Bearer ${TOKEN}` } } },
      async (call) => {
        expect(await call('srv:add', { a: 1, b: 1 })).toEqual({ sum: 2 });
        server.forget();
        await expect(call('srv:add', { a: 1, b: 1 })).rejects.toMatchObject({ code: 'MCP_HTTP_ERROR' });
        expect(await call('srv:add', { a: 1, b: 1 })).toEqual({ sum: 2 });
      },
    );
  });

  it('reports all servers that cannot be used, without their secrets, and starts none', async () => {
    await using server = await startHttpFixture('another token');
    const error: EnclaveError = await open({
      good: stdio(),
      missing: { command: '/nowhere/to/be/found' },
      refused: stdio('--refuse'),
      unauthorised: { url: server.url, headers: { Authorization: `Bearer ${TOKEN}` } },
      unreachable: { url: 'http://127.0.0.1:1/mcp' },
    }).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error.code).toBe('TOOLS_UNAVAILABLE');
    const said = Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
    expect(said['missing']).toContain('ENOENT');
    expect(said['refused']).toContain('its last words: cannot start with key [secret]');
    expect(said['unauthorised']).toContain('not with Bearer [secret]');
    expect(said['unreachable']).toMatch(/fetch failed|bad port/u);
    expect(error.message).not.toContain(SECRET);
  });

  it('gives up on a server that does not answer, and leaves no child behind', async () => {
    await expect(open({ mute: stdio('--mute') }, 200)).rejects.toMatchObject({
      code: 'TOOLS_UNAVAILABLE',
      problems: [{ path: 'mute', message: 'did not answer within 200 ms' }],
    });
  });
});
