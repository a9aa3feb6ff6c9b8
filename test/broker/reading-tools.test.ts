// Calls that only read may begin before they are journaled. What watchers and the journal see of them is the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';

describe.each(['memory', 'redis'] as const)('a tool that only reads, on %s', (kind) => {
  const isSkipped = kind === 'redis' && !hasRedis();
  let redis: TestRedis | undefined;
  let broker: EnclaveBroker;
  let client: EnclaveClient;
  let url: string;
  let calls = 0;
  const gate = Promise.withResolvers<string>();
  const tool = (name: string, handler: () => unknown) =>
    defineTool({ name, description: name, args: z.object({}), effect: 'read', handler });

  beforeAll(async () => {
    if (isSkipped) return;
    redis = kind === 'redis' ? await startRedis() : undefined;
    broker = new EnclaveBroker({
      ...(redis === undefined ? {} : { redis: redis.url }),
      tools: [
        tool('count', () => ++calls),
        tool('slow', () => gate.promise),
        tool('fail', () => {
          throw new Error('no');
        }),
      ],
    });
    ({ url } = await broker.listen(0));
    client = new EnclaveClient({ serverUrl: url });
  });
  afterAll(async () => {
    await broker?.close();
    await redis?.[Symbol.asyncDispose]();
  });

  const started = async (instance: string) => {
    const runtime = await bareRuntime(url, { instance, runtimeId: instance });
    const id = await client.submit({ code: 'anything' });
    await expect.poll(() => runtime.starts.some((start) => start.id === id)).toBe(true);
    const start = runtime.starts.find((each) => each.id === id);
    if (start === undefined) throw new Error('not started');
    const events: SessionEvent[] = [];
    const followed = client.follow(id, { onEvent: (event) => events.push(event) });
    const call = (callId: number, name: string) => ({
      ...{ type: 'tool_call', id, fence: start.fence, callId, name, args: {} },
    });
    return { runtime, start, events, followed, call };
  };
  const typesOf = (events: readonly SessionEvent[]) => events.map(({ type }) => type);

  it.skipIf(isSkipped)('is called once, however often the call comes, and told with its answer', async () => {
    const { runtime, start, events, followed, call } = await started('quick');
    runtime.say(call(1, 'count'), call(1, 'count'));
    await expect.poll(() => events.length).toBe(4);
    runtime.say(call(2, 'fail'));
    await expect.poll(() => events.length).toBe(6);
    runtime.say(call(1, 'count'));
    runtime.done(start, 'end');
    expect((await followed).final).toMatchObject({ ok: true, result: 'end' });
    expect(calls).toBe(1);
    expect(typesOf(events)).toEqual([
      ...['session_init', 'started'],
      ...['tool_call', 'tool_result_applied', 'tool_call', 'tool_result_applied'],
      'final',
    ]);
    expect(events[3]).toMatchObject({ payload: { callId: 1, ok: true } });
    expect(events[5]).toMatchObject({ payload: { callId: 2, ok: false, code: 'TOOL_FAILED' } });
    runtime.cut();
  });

  it.skipIf(isSkipped)('is seen while it runs when it takes its time', async () => {
    const { runtime, start, events, followed, call } = await started('slow');
    runtime.say(call(1, 'slow'));
    await expect.poll(() => typesOf(events)).toEqual(['session_init', 'started', 'tool_call']);
    gate.resolve('late');
    await expect.poll(() => typesOf(events).at(-1)).toBe('tool_result_applied');
    runtime.done(start);
    expect((await followed).final).toMatchObject({ ok: true });
    runtime.cut();
  });
});
