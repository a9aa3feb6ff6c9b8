// Sessions that are waited for, over real HTTP and a real Redis: what other brokers see of them, and when.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { type BareRuntime, bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

interface Answer {
  readonly sessionId: string;
  readonly state: string;
  readonly result?: unknown;
}

describe.skipIf(!hasRedis())('a session that is waited for', () => {
  let redis: TestRedis;
  let own: EnclaveBroker;
  let other: EnclaveBroker;
  let url: string;
  let otherUrl: string;
  let runtime: BareRuntime;
  /** What the other broker said of the session while a tool ran for it. */
  const seen: number[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    const tool = (name: string, effect: 'read' | 'once', handler: (id: string) => unknown) =>
      defineTool({
        ...{ name, effect, description: name, args: z.object({}) },
        handler: (_args, { executionId }) => handler(executionId),
      });
    const tools = [
      tool('look', 'read', () => 'seen'),
      tool('act', 'once', async (id) => {
        seen.push((await fetch(`${otherUrl}/sessions/${id}`)).status);
      }),
    ];
    const options = { redis: redis.url, tools, maxConcurrentSessions: 1 };
    own = new EnclaveBroker(options);
    other = new EnclaveBroker(options);
    ({ url } = await own.listen(0));
    ({ url: otherUrl } = await other.listen(0));
    runtime = await bareRuntime(url);
    seen.length = 0;
  });
  afterEach(async () => {
    await own?.close();
    await other?.close();
    await redis?.[Symbol.asyncDispose]();
  });

  const submit = async (at: string, waitMs: number): Promise<[number, Answer]> => {
    const response = await fetch(`${at}/sessions?wait=${waitMs}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: '{"code":"return 1"}',
    });
    return [response.status, (await response.json()) as Answer];
  };
  const started = async (n: number) => {
    await until(`${n} starts`, () => runtime.starts.length >= n);
    const start = runtime.starts[n - 1];
    if (start === undefined) throw new Error('expected a start');
    return start;
  };
  const statusAtOther = async (id: string) => (await fetch(`${otherUrl}/sessions/${id}`)).status;

  it('is unknown until it has ended; then every broker has its result and all of its events', async () => {
    const waited = submit(url, 5_000);
    const start = await started(1);
    const { id, fence } = start;
    runtime.say({ type: 'emit', id, fence, n: 1, level: 'log', text: 'hello' });
    runtime.say({ type: 'tool_call', id, fence, callId: 1, name: 'look', args: {} });
    await until('the call was answered', () => runtime.answered.includes(1));
    expect(await statusAtOther(id)).toBe(404);
    runtime.done(start, 7);
    expect(await waited).toMatchObject([200, { sessionId: id, state: 'completed', result: 7, lastSeq: 6 }]);
    const client = new EnclaveClient({ serverUrl: otherUrl });
    expect(await client.session(id)).toMatchObject({ state: 'completed', result: 7 });
    const events: SessionEvent[] = [];
    await client.follow(id, { onEvent: (event) => events.push(event) });
    expect(events.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      '1 session_init',
      '2 started',
      '3 log',
      '4 tool_call',
      '5 tool_result_applied',
      '6 final',
    ]);
  });

  it('is known to all before a tool that does more than read runs for it', async () => {
    const waited = submit(url, 5_000);
    const start = await started(1);
    const { id, fence } = start;
    runtime.say({ type: 'tool_call', id, fence, callId: 1, name: 'act', args: {} });
    await until('the call was answered', () => runtime.answered.includes(1));
    expect(seen).toEqual([200]);
    runtime.done(start, 7);
    expect(await waited).toMatchObject([200, { state: 'completed', result: 7 }]);
    expect(await statusAtOther(id)).toBe(200);
  });

  it('is known to all when the wait is over before it is', async () => {
    const [status, { sessionId, state }] = await submit(url, 20);
    expect([status, state]).toEqual([202, 'running']);
    expect(await statusAtOther(sessionId)).toBe(200);
    runtime.done(await started(1), 7);
    const client = new EnclaveClient({ serverUrl: otherUrl });
    expect((await client.follow(sessionId)).final).toMatchObject({ ok: true, result: 7 });
  });

  it('counts among the sessions of the fleet, and its place is free again afterwards', async () => {
    await bareRuntime(otherUrl, { runtimeId: 'other' });
    for (let n = 1; n <= 3; n++) {
      const waited = submit(url, 5_000);
      const start = await started(n);
      expect((await submit(otherUrl, 0))[0]).toBe(503);
      runtime.done(start, n);
      expect(await waited).toMatchObject([200, { result: n }]);
    }
    await expect.poll(async () => (await submit(otherUrl, 0))[0], { timeout: 10_000 }).toBe(202);
  });
});
