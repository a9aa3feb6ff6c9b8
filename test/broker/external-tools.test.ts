// Tools that a client answers: a person approves, the script goes on. Over real sockets, with a real pool.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { hasRedis, startRedis } from '../support/redis-server.ts';

const approve = defineTool({
  name: 'approve',
  description: 'Asks a person',
  args: z.object({ amount: z.number() }),
  result: z.object({ yes: z.boolean() }),
  external: true,
});
const brief = defineTool({
  name: 'brief',
  description: 'Asks a person who is away',
  args: z.object({}),
  timeout: 50,
  external: true,
});
const ASK = 'return await callTool("approve", { amount: 7 });';

describe('an external tool', () => {
  const broker = new EnclaveBroker({ tools: [approve, brief] });
  let client: EnclaveClient;
  let runtime: EnclaveRuntime;
  let url: string;
  beforeAll(async () => {
    ({ url } = await broker.listen(0));
    runtime = new EnclaveRuntime({ brokerUrl: url, workerPool: { size: 1 } });
    await runtime.connect();
    client = new EnclaveClient({ serverUrl: url });
  });
  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]();
    await broker.close();
  });

  /** Submits a script and waits until it asks. */
  const asked = async (code = ASK) => {
    const call = Promise.withResolvers<SessionEvent & { type: 'tool_call' }>();
    const id = await client.submit({ code });
    const result = client.follow(id, {
      onEvent: (event) => {
        if (event.type === 'tool_call') call.resolve(event);
      },
    });
    return { id, result, call: await call.promise };
  };
  const post = (id: string, body: unknown) =>
    fetch(`${url}/sessions/${id}/tool-result`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('is answered by whoever follows the session, and by nobody twice', async () => {
    const { id, result, call } = await asked();
    expect(call.payload).toEqual({ callId: 1, toolName: 'approve', args: { amount: 7 }, external: true });
    const wrong = await post(id, { callId: 1, ok: true, result: { yes: 'perhaps' } });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ issues: [{ path: 'result' }] });
    const answered = await post(id, { callId: 1, ok: true, result: { yes: true } });
    expect([answered.status, await answered.json()]).toEqual([
      200,
      { success: true, sessionId: id, callId: 1 },
    ]);
    expect((await result).final).toMatchObject({ ok: true, result: { yes: true } });
    expect((await post(id, { callId: 1, ok: true, result: { yes: false } })).status).toBe(409);
  });

  it('is answered by a handler of the client that runs the script', async () => {
    const { final } = await client.run(
      { code: ASK },
      {
        externalTools: {
          approve: (args) => ({ yes: z.object({ amount: z.number() }).parse(args).amount < 10 }),
        },
      },
    );
    expect(final).toMatchObject({ ok: true, result: { yes: true } });
    const refused = await client.run(
      { code: 'return await callTool("approve", { amount: 1 }).catch((e) => [e.code, e.message]);' },
      {
        externalTools: {
          approve: () => {
            throw new Error('not today');
          },
        },
      },
    );
    expect(refused.final).toMatchObject({ ok: true, result: ['REFUSED', 'not today'] });
  });

  it('asks nobody what the tool does not declare, and waits no longer than it may', async () => {
    const code = `return [
      await callTool("approve", { amount: "much" }).catch((e) => e.code),
      await callTool("brief", {}).catch((e) => e.code)];`;
    const { final } = await client.run({ code });
    expect(final).toMatchObject({ ok: true, result: ['INVALID_ARGS', 'TIMEOUT'] });
  });

  it('takes no answer for a call that is not there, nor for a session that has ended', async () => {
    const { id, result } = await asked();
    expect((await post(id, { callId: 2, ok: true })).status).toBe(404);
    expect((await post('s_none', { callId: 1, ok: true })).status).toBe(404);
    expect((await post(id, { callId: 0, ok: 'yes' })).status).toBe(400);
    await client.cancel(id);
    expect((await result).state).toBe('cancelled');
    await expect(client.answerToolCall(id, 1, { ok: true, result: { yes: true } })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('is listed as such, and fails where there is no broker', async () => {
    const response = await fetch(`${url}/tools`);
    expect(await response.json()).toMatchObject({
      tools: [{ name: 'approve', external: true }, { name: 'brief' }],
    });
    expect(() => approve.handler({ amount: 1 }, {} as never)).toThrow(/answered by the client/u);
  });
});

describe.skipIf(!hasRedis())('on redis', () => {
  it('is answered through another broker than the one that waits', async () => {
    await using redis = await startRedis();
    await using a = new EnclaveBroker({ redis: redis.url, tools: [approve] });
    await using b = new EnclaveBroker({ redis: redis.url, tools: [approve] });
    const [atA, atB] = [await a.listen(0), await b.listen(0)];
    await using runtime = new EnclaveRuntime({ brokerUrl: atA.url, workerPool: { size: 1 } });
    await runtime.connect();
    const other = new EnclaveClient({ serverUrl: atB.url });
    const { final } = await new EnclaveClient({ serverUrl: atA.url }).run(
      { code: ASK },
      {
        onEvent: (event) => {
          if (event.type === 'tool_call')
            void other.answerToolCall(event.sessionId, event.payload.callId, {
              ok: true,
              result: { yes: false },
            });
        },
      },
    );
    expect(final).toMatchObject({ ok: true, result: { yes: false } });
  });
});
