// Redis goes away, and the broker runs what it can by itself, and says so.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { type BareRuntime, bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const patience = { timeout: 20_000 };

describe.skipIf(!hasRedis())("a broker with fallback: 'memory'", () => {
  let redis: TestRedis;
  let broker: EnclaveBroker;
  let url: string;
  let runtime: BareRuntime;
  let client: EnclaveClient;
  let calls = 0;

  beforeEach(async () => {
    redis = await startRedis();
    const count = defineTool({
      name: 'count',
      description: 'Counts its calls',
      args: z.object({}),
      handler: () => ++calls,
    });
    const look = defineTool({
      name: 'look',
      description: 'Only reads',
      args: z.object({}),
      effect: 'read',
      handler: () => 'seen',
    });
    broker = new EnclaveBroker({ redis: redis.url, fallback: 'memory', tools: [count, look] });
    ({ url } = await broker.listen(0));
    runtime = await bareRuntime(url, { slots: 2 });
    client = new EnclaveClient({ serverUrl: url, reconnection: { enabled: false } });
  });
  afterEach(async () => {
    await broker?.close();
    await redis?.[Symbol.asyncDispose]();
  });

  const submit = (headers: Record<string, string> = {}) =>
    fetch(`${url}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: '{"code":"return 1"}',
    });
  const started = async (n: number) => {
    await until(`${n} starts`, () => runtime.starts.length >= n);
    const start = runtime.starts[n - 1];
    if (start === undefined) throw new Error('expected a start');
    return start;
  };

  it('runs a session on its own runtime, marked as degraded, with its tools and its events', async () => {
    await redis.kill();
    const response = await submit();
    expect(response.status).toBe(202);
    const { sessionId } = (await response.json()) as { sessionId: string };
    const start = await started(1);
    const { id, fence } = start;
    expect(id).toBe(sessionId);
    runtime.say({ type: 'emit', id, fence, n: 1, level: 'log', text: 'hello' });
    runtime.say({ type: 'tool_call', id, fence, callId: 1, name: 'count', args: {} });
    await until('the tool was called', () => calls === 1);
    runtime.say({ type: 'tool_call', id, fence, callId: 2, name: 'look', args: {} });
    await until('the reading tool has answered', () => runtime.answered.includes(2));
    runtime.done(start, 5);
    const events: SessionEvent[] = [];
    const { final } = await client.follow(sessionId, { onEvent: (event) => events.push(event) });
    expect(final).toMatchObject({ ok: true, result: 5 });
    expect(events[0]).toMatchObject({ type: 'session_init', payload: { degraded: true } });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, i) => i + 1));
    expect(await client.session(sessionId)).toMatchObject({ state: 'completed', result: 5 });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('answers whoever waits, too', async () => {
    await redis.kill();
    const waited = fetch(`${url}/sessions?wait=5000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: '{"code":"return 1"}',
    });
    runtime.done(await started(1), 6);
    const response = await waited;
    expect([response.status, await response.json()]).toMatchObject([200, { state: 'completed', result: 6 }]);
  });

  it('takes no more than there are free places, and nothing that has a key', async () => {
    await redis.kill();
    expect((await submit({ 'idempotency-key': 'k' })).status).toBe(503);
    expect([(await submit()).status, (await submit()).status]).toEqual([202, 202]);
    const full = await submit();
    expect(full.status).toBe(503);
    expect(await full.json()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    runtime.done(await started(1));
    await expect.poll(async () => (await submit()).status, patience).toBe(202);
  });

  it('goes back to Redis when that is there again', async () => {
    await redis.kill();
    const { sessionId } = (await (await submit()).json()) as { sessionId: string };
    await redis.start();
    await until('a session is known to Redis', async () => {
      const response = await submit({ 'idempotency-key': 'now' });
      return response.status === 202;
    });
    const start = await started(1);
    expect(start.id).toBe(sessionId);
    runtime.done(start, 1);
    expect((await client.follow(sessionId)).final).toMatchObject({ ok: true });
    runtime.done(await started(2), 2);
    await expect.poll(() => broker.running, patience).toBe(0);
  });
});
