// A broker, a runtime with a real pool and a client, over real sockets.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';

const hold = Promise.withResolvers<void>();
const tools = [
  defineTool({
    name: 'double',
    description: 'Twice a number',
    args: z.object({ n: z.number() }),
    effect: 'read',
    handler: ({ n }) => ({ n: n * 2 }),
  }),
  defineTool({
    name: 'hold',
    description: 'Answers when the test lets it',
    args: z.object({}),
    handler: async (_args, { signal }) => {
      await Promise.race([
        hold.promise,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      return 'held';
    },
  }),
] as readonly unknown[] as readonly Tool[];

describe('a broker with one runtime', () => {
  const broker = new EnclaveBroker({
    tools,
    routingRules: [{ match: { gpu: 'yes' }, target: { gpu: 'a100' } }],
  });
  let runtime: EnclaveRuntime;
  let at: Listening;
  let client: EnclaveClient;
  beforeAll(async () => {
    at = await broker.listen(0);
    runtime = new EnclaveRuntime({
      brokerUrl: at.url.replace('http', 'ws'),
      workerPool: { size: 1 },
      labels: { region: 'eu', tier: undefined },
    });
    await runtime.connect();
    client = new EnclaveClient({ serverUrl: at.url });
  });
  afterAll(async () => {
    hold.resolve();
    await runtime[Symbol.asyncDispose]();
    await broker.close();
  });

  const json = async (path: string) =>
    (await (await fetch(`${at.url}${path}`)).json()) as Record<string, unknown>;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${at.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('runs a script with tools and tells every event once, in order', async () => {
    const events: SessionEvent[] = [];
    const result = await client.run(
      { code: 'console.log("hi"); return (await callTool("double", { n: args.n })).n;', input: { n: 21 } },
      { onEvent: (event) => events.push(event) },
    );
    expect(result.final).toMatchObject({ ok: true, result: 42, stats: { toolCallCount: 1, attempts: 1 } });
    expect(events.map(({ type }) => type)).toEqual([
      'session_init',
      'started',
      'log',
      'tool_call',
      'tool_result_applied',
      'final',
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.logs.map(({ text }) => text)).toEqual(['hi']);
  });

  it('gives a failing script as a result, with where it failed', async () => {
    const { final, state } = await client.run({ code: 'const x = 1;\nthrow new TypeError("no");' });
    expect(state).toBe('failed');
    expect(final).toMatchObject({
      ok: false,
      error: { code: 'SCRIPT_ERROR', name: 'TypeError', message: 'no', line: 2 },
    });
  });

  it('shows a tool failure to the script with its code', async () => {
    const code = 'try { await callTool("double", { n: "x" }); } catch (e) { return [e.name, e.code]; }';
    const { final } = await client.run({ code });
    expect(final).toMatchObject({ ok: true, result: ['ToolError', 'INVALID_ARGS'] });
  });

  it('lets a caller narrow tools and limits, never widen them', async () => {
    const code = 'try { return await callTool("double", { n: 1 }); } catch (e) { return e.code; }';
    expect((await client.run({ code, tools: ['hold'] })).final).toMatchObject({
      ok: true,
      result: 'UNKNOWN_TOOL',
    });
    const { final } = await client.run({ code: 'for (;;) {}', limits: { cpuMs: 50 } });
    expect(final).toMatchObject({ ok: false, error: { code: 'CPU_TIMEOUT' } });
    // The broker's own 1,000 ms of CPU stay the bound, whatever is asked for.
    const slow = await client.run({ code: 'for (;;) {}', limits: { cpuMs: 3_000_000 } });
    expect(slow.final).toMatchObject({ ok: false, error: { code: 'CPU_TIMEOUT' } });
  });

  it('cancels what runs', async () => {
    const id = await client.submit({ code: 'await callTool("hold", {}); return 1;' });
    const started = client.follow(id, {
      onEvent: (event) => {
        if (event.type === 'tool_call') void client.cancel(id);
      },
    });
    expect(await started).toMatchObject({
      state: 'cancelled',
      final: { ok: false, error: { code: 'CANCELLED' } },
    });
    expect(await client.session(id)).toMatchObject({ sessionId: id, state: 'cancelled' });
  });

  it('resumes a stream after any event, by id or number, without loss or repeat', async () => {
    const { sessionId } = await client.run({ code: 'for (let i = 0; i < 3; i++) console.log(i); return 1;' });
    const read = async (headers: Record<string, string>, query = '') =>
      (await fetch(`${at.url}/sessions/${sessionId}/stream${query}`, { headers })).text();
    const seqs = (text: string) => [...text.matchAll(/"seq":(\d+)/gu)].map((match) => Number(match[1]));
    const sse = await read({ accept: 'text/event-stream' });
    expect(seqs(sse)).toEqual([1, 2, 3, 4, 5, 6]);
    const ids = [...sse.matchAll(/^id: (\S+)$/gmu)].map((match) => match[1] ?? '').slice(1);
    for (const [index, id] of ids.entries()) {
      const rest = await read({ accept: 'text/event-stream', 'last-event-id': id });
      expect(seqs(rest)).toEqual([1, 2, 3, 4, 5, 6].slice(index + 1));
    }
    expect(seqs(await read({ accept: 'application/x-ndjson' }, '?fromSeq=5'))).toEqual([5, 6]);
    expect(await read({ accept: 'text/event-stream', 'last-event-id': '1-3' })).toContain('history_lost');
  });

  it('attaches a repeated submit to the same session, and refuses the key with another body', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = (await (await post('/sessions?wait=20000', { code: 'return 1' }, headers)).json()) as {
      sessionId: string;
    };
    const second = await (await post('/sessions?wait=20000', { code: 'return 1' }, headers)).json();
    expect(second).toMatchObject({ sessionId: first.sessionId, state: 'completed', result: 1 });
    const third = await post('/sessions', { code: 'return 2' }, headers);
    expect(third.status).toBe(422);
    expect(await third.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('takes tasks to be asked for later', async () => {
    const response = await post('/tasks', { code: 'return "done"' });
    expect(response.status).toBe(202);
    const { task_id: id } = (await response.json()) as { task_id: string };
    const task = () => json(`/tasks/${id}`);
    await expect.poll(task, { timeout: 20_000 }).toEqual({ status: 'completed', result: 'done' });
  });

  it.each([
    ['a body that is no JSON object', '/sessions', [1], 400, 'INVALID_INPUT'],
    ['an unknown field', '/sessions', { code: 'return 1', cpu: 1 }, 400, 'INVALID_INPUT'],
    ['a limit that is none', '/sessions', { code: 'return 1', limits: { fuel: 1 } }, 400, 'INVALID_INPUT'],
    ['labels with spaces', '/sessions', { code: 'return 1', labels: { a: 'b c' } }, 400, 'INVALID_INPUT'],
    ['durable execution', '/sessions', { code: 'return 1', execution: 'durable' }, 422, 'NOT_SUPPORTED'],
    ['a script of 300 KB', '/sessions', { code: `//${'x'.repeat(300_000)}` }, 413, 'TOO_LARGE'],
    ['a body of 2 MB', '/sessions', { code: 'x'.repeat(2 ** 21) }, 413, 'TOO_LARGE'],
    ['labels no runtime has', '/sessions', { code: 'return 1', labels: { gpu: 'yes' } }, 503, 'NO_RUNTIME'],
    ['a route that is none', '/nowhere', {}, 404, 'NOT_FOUND'],
  ])('refuses %s', async (_what, path, body, status, code) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('refuses what would come from a page of another site', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(`${at.url}/tools`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  it('lists tools with schemas, and its runtimes', async () => {
    const listed = await json('/tools');
    expect(listed['tools']).toMatchObject([
      { name: 'double', effect: 'read', args: { type: 'object' } },
      { name: 'hold' },
    ]);
    const fleet = await json('/runtimes');
    expect(fleet['brokers']).toMatchObject([{ runtimes: [{ labels: { region: 'eu' } }] }]);
  });
});
