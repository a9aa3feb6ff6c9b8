// Sessions that one broker keeps in memory until they end: what others see of them, and when.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, realClock } from '../../src/clock.ts';
import { holdBack } from '../../src/store/held-back.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createSessionId } from '../../src/store/session-id.ts';
import type { Bell, JournalEffect, NewSession, Store } from '../../src/store/store.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { newSession } from './conformance.ts';

const FINAL = '{"ok":true,"result":1}';

describe.skipIf(!hasRedis())('a session that is held back', () => {
  let redis: TestRedis;
  let raw: Redis;
  let clock: ManualClock;
  let held: Store;
  let other: Store;
  let bells: Bell[];
  let prefix: string;

  beforeAll(async () => {
    redis = await startRedis();
    raw = new Redis(redis.url);
    raw.on('error', () => {});
  });
  afterAll(async () => {
    raw.disconnect();
    await redis[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    prefix = `${randomUUID()}:`;
    clock = new ManualClock();
    bells = [];
    const options = { redis: redis.url, clock: realClock, prefix, commandTimeout: 500 };
    held = holdBack(createRedisStore(options), clock);
    other = createRedisStore(options);
    await held.open('b1', (bell) => bells.push(bell));
    await other.open('b2', () => {});
    return async () => {
      await held[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    };
  });

  const keysOf = async (part: string) => (await raw.keys(`${prefix}*`)).filter((key) => key.includes(part));
  const begin = async (over: Partial<NewSession> = {}) => {
    const id = createSessionId(held.nowMs());
    const session = newSession(held, { id, isAwaited: true, ...over });
    const holder = { runtimeId: 'r1', brokerId: 'b1', leaseMs: 15_000, claimId: randomUUID() };
    const reply = await held.submitClaimed(session, holder);
    if (reply.code !== 'created') throw new Error(`expected it to be created, it is ${reply.code}`);
    return { session, id, fence: reply.fence, entry: reply.entry };
  };
  const call = (id: string, fence: string, effect: JournalEffect) => ({
    ...{ id, fence, effect, callId: 1, brokerId: 'b1', hash: 'h', event: '{"callId":1}' },
    ...{ ok: true, result: '5', resultEvent: '{"callId":1,"ok":true}' },
  });
  const finish = (id: string, fence: string) => held.finish({ id, fence, state: 'completed', final: FINAL });

  it('is not in the store before it has ended; then all of it is, beside others that have ended', async () => {
    const { id, fence } = await begin();
    expect(await held.append(id, fence, 1, '{"level":"log","message":"hello"}')).toBe('ok');
    expect(await held.toolDone(call(id, fence, 'read'))).toEqual({ code: 'ok' });
    expect(await keysOf(id)).toEqual([]);
    expect(await other.find(id)).toBeUndefined();
    expect(await finish(id, fence)).toBe('ok');
    const ended = {
      id,
      state: 'completed',
      tenant: 'acme',
      labels: { region: 'eu' },
      attempts: 1,
      final: FINAL,
    };
    expect(await other.find(id)).toMatchObject(ended);
    expect(bells).toMatchObject([{ kind: 'ended', record: ended }]);
    const page = await other.read(id, { seq: 0 }, 100);
    expect(page?.isLost).toBe(false);
    expect(page?.events.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      '1 session_init',
      '2 started',
      '3 log',
      '4 tool_call',
      '5 tool_result_applied',
      '6 final',
    ]);
    expect((await other.read(id, { seq: 4 }, 1))?.events).toMatchObject([{ seq: 5 }]);
    expect(await keysOf(`{${id}}`)).toEqual([]);
    expect((await other.list({ tenant: 'acme', limit: 10 })).sessions).toMatchObject([{ id }]);
    // Nothing waits for its deadline.
    await held.dropDeadline(id);
    expect(await keysOf(':dl:')).toEqual([]);
  });

  it.each(['once', 'idempotent', 'external'] as const)(
    'is written, with what has happened so far, before a call with effect %s begins',
    async (effect) => {
      const { id, fence } = await begin();
      await held.toolDone(call(id, fence, 'read'));
      expect(await held.toolBegin({ ...call(id, fence, effect), callId: 2 })).toEqual({ code: 'run' });
      const page = await other.read(id, { seq: 0 }, 100);
      expect(page?.record).toMatchObject({ state: 'running', runtimeId: 'r1', brokerId: 'b1', lastSeq: 5 });
      expect(page?.events.map(({ type }) => type).slice(2)).toEqual([
        'tool_call',
        'tool_result_applied',
        'tool_call',
      ]);
      // The journal came along: a repeat of the first call is answered from it.
      expect(await other.toolBegin(call(id, fence, 'read'))).toEqual({ code: 'done', ok: true, result: '5' });
      await held.toolEnd({ id, callId: 2, ok: true, result: '6', event: '{"callId":2,"ok":true}' });
      expect(await finish(id, fence)).toBe('ok');
      expect(await other.find(id)).toMatchObject({ state: 'completed', final: FINAL, lastSeq: 7 });
    },
  );

  it('is written when it takes longer than a second, and found by the reaper if its broker is silent', async () => {
    const { id, fence, entry } = await begin();
    await clock.advance(1_500);
    await expect.poll(() => other.find(id)).toMatchObject({ state: 'running' });
    // The other store may see it before this one hears that it was written.
    expect(await held.find(id)).toMatchObject({ state: 'running' });
    await held.renew([entry], -1_000);
    expect(await other.overdue(10, 1_000)).toEqual([id]);
    expect(await other.adopt(id, fence, 'b2')).toMatchObject({ code: 'ok', request: '{"args":{}}' });
    expect(await finish(id, fence)).toBe('ok');
  });

  it('is written for whoever asks this broker for it, for its list, and when the line to its runtime breaks', async () => {
    const [asked, listed, cut, kept] = [
      await begin(),
      await begin({ tenant: 't2' }),
      await begin(),
      await begin(),
    ];
    expect(await held.find(asked.id)).toMatchObject({ state: 'running' });
    expect((await held.list({ tenant: 't2', limit: 9 })).sessions).toMatchObject([{ id: listed.id }]);
    await held.writeOut?.([cut.id]);
    for (const { id } of [asked, listed, cut])
      expect(await other.find(id)).toMatchObject({ state: 'running' });
    expect(await other.find(kept.id)).toBeUndefined();
    // When the broker goes nothing is left, and nothing is held back any more.
    await held.writeOut?.();
    expect(await other.find(kept.id)).toMatchObject({ state: 'running' });
    expect(await other.find((await begin()).id)).toMatchObject({ state: 'running' });
  });

  it('is written when its events have become long', async () => {
    const { id, fence } = await begin();
    for (let n = 1; n <= 5; n++)
      await held.append(id, fence, n, JSON.stringify({ message: 'x'.repeat(20_000) }));
    await expect.poll(() => other.find(id)).toMatchObject({ state: 'running' });
    await held.append(id, fence, 6, '{}');
    expect(await finish(id, fence)).toBe('ok');
    const events = (await other.read(id, { seq: 0 }, 100))?.events;
    expect(events?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('ends once the store is back, and is not lost, when that was away at its end', async () => {
    const { id, fence } = await begin();
    await redis.kill();
    await expect(finish(id, fence)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(held.find(id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    // While the store is away nothing new is promised.
    await expect
      .poll(
        () =>
          begin().then(
            () => 'begun',
            () => 'refused',
          ),
        { timeout: 20_000 },
      )
      .toBe('refused');
    await redis.start();
    await expect.poll(() => finish(id, fence).catch(() => 'away'), { timeout: 20_000 }).toBe('ok');
    await expect
      .poll(() => other.find(id).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ final: FINAL });
    expect(bells.filter(({ kind }) => kind === 'ended')).toHaveLength(1);
  });
});
