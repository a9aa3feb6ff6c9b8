import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { holdBack } from '../../src/store/held-back.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { loadScript, parseHeader, SCRIPT_NAMES } from '../../src/store/redis-scripts.ts';
import type { Holder, NewSession } from '../../src/store/store.ts';
import { blackHole } from '../support/black-hole.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { conformance, newSession } from './conformance.ts';

const folder = new URL('../../src/store/lua/', import.meta.url);

describe('the Lua files', () => {
  it('are all listed, and each names itself, its keys, arguments, replies and invariants', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.lua$/u, ''));
    expect(files.filter((name) => name !== 'lib').sort()).toEqual([...SCRIPT_NAMES].sort());
    for (const name of SCRIPT_NAMES) {
      const header = parseHeader(readFileSync(new URL(`${name}.lua`, folder), 'utf8'));
      expect(Object.keys(header), name).toEqual(['name', 'keys', 'args', 'returns', 'invariants']);
    }
  });

  it('use the keys and arguments of their header, no more and no fewer', () => {
    for (const name of SCRIPT_NAMES) {
      const text = readFileSync(new URL(`${name}.lua`, folder), 'utf8');
      const { args, keys } = loadScript(name);
      const used = [...text.matchAll(/ARGV\[(\d+)\]/gu)].map((match) => Number(match[1]));
      // take.lua reads its three quotas and keys in a loop.
      if (name !== 'take') expect(Math.max(0, ...used), name).toBe(args.length);
      expect(keys.length, name).toBeGreaterThan(0);
    }
  });
});

const given = process.env['REDIS_URL'];

describe.skipIf(given === undefined && !hasRedis())('with a redis-server', () => {
  let own: TestRedis | undefined;
  let url = given ?? '';
  /** Before every key of this run: nothing else is touched, and all of it is deleted. */
  const prefix = `test-${randomUUID()}:`;
  beforeAll(async () => {
    if (given !== undefined) return;
    own = await startRedis();
    url = own.url;
  });
  afterAll(async () => {
    if (given !== undefined) await deleteKeys(given, prefix);
    await own?.[Symbol.asyncDispose]();
  });

  const open = async (eventsMs = 60_000) =>
    createRedisStore({
      redis: url,
      clock: realClock,
      prefix: `${prefix}${randomUUID()}:`,
      retention: { eventsMs, resultMs: eventsMs + 60_000 },
    });
  conformance('redis', open);
  conformance('redis, with sessions held back,', async (eventsMs) => {
    const held = holdBack(await open(eventsMs), realClock);
    const { submitClaimed } = held;
    const seen = new Set<string>();
    return Object.assign(held, {
      submitClaimed: async (session: NewSession, holder: Holder) => {
        // Only a new id may be kept back: where a repeat comes from, others know of the session.
        const isAwaited = !seen.has(session.id);
        seen.add(session.id);
        if (!isAwaited) await held.find(session.id);
        return await submitClaimed({ ...session, isAwaited }, holder);
      },
    });
  });

  it('refuses a place of its list that it never gave', async () => {
    await using store = await open();
    await store.open('b1', () => {});
    const after = { atMs: 1, id: 'nowhere' };
    await expect(store.list({ tenant: 'acme', limit: 2, after })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('takes over work that was queued before the group was made, or when the data is gone', async () => {
    await using store = await open();
    await store.open('b1', () => {});
    expect(await store.take('r=new', { high: 1, normal: 1, low: 1 }, 3)).toEqual([]);
    await store.submit(newSession(store, { route: 'r=new' }));
    expect(await store.take('r=new', { high: 1, normal: 1, low: 1 }, 3)).toHaveLength(1);
  });
});

describe.skipIf(!hasRedis())('when redis goes away', () => {
  it('says so at once or within its time-out, and comes back by itself with a higher epoch', async () => {
    await using redis = await startRedis();
    await using store = createRedisStore({ redis: redis.url, clock: realClock, commandTimeout: 1_000 });
    let resyncs = 0;
    await store.open('b1', (bell) => {
      if (bell.kind === 'resync') resyncs++;
    });
    const session = newSession(store);
    await store.submit(session);
    const before = (await store.read(session.id, { seq: 0 }, 1))?.events[0]?.id ?? '';
    await redis.kill();
    await expect(store.submit(newSession(store))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await redis.start();
    await expect.poll(() => resyncs, { timeout: 20_000 }).toBeGreaterThan(0);
    // No persistence: the data is gone, and no number of before can be mistaken for one of after.
    expect(await store.find(session.id)).toBeUndefined();
    await expect.poll(() => store.submit(session).catch(() => 'away'), { timeout: 20_000 }).toBe('created');
    const after = (await store.read(session.id, { seq: 0 }, 1))?.events[0]?.id ?? '';
    expect(Number(after.split('-')[0])).toBeGreaterThanOrEqual(Number(before.split('-')[0]));
  });

  it('that swallows everything: what is asked fails in time, then at once, until it is back', async () => {
    await using redis = await startRedis();
    await using line = await blackHole(redis.port);
    await using store = createRedisStore({
      redis: `redis://127.0.0.1:${line.port}`,
      clock: realClock,
      commandTimeout: 300,
    });
    await store.open('b1', () => {});
    expect(await store.submit(newSession(store))).toBe('created');
    line.swallow();
    const away = { code: 'STORE_UNAVAILABLE' };
    for (let n = 0; n < 3; n++) await expect(store.find('s_1')).rejects.toMatchObject(away);
    // Refused without being sent: but for one probe a second, hundreds cost nothing.
    const refusals = await Promise.allSettled(Array.from({ length: 300 }, () => store.find('s_1')));
    expect(refusals.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(store.submit(newSession(store))).rejects.toMatchObject({ ...away, retryAfterMs: 1_000 });
    line.restore();
    await expect
      .poll(() => store.submit(newSession(store)).catch(() => 'away'), { timeout: 20_000 })
      .toBe('created');
  });
});

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  for await (const keys of redis.scanStream({ match: `${prefix}*` }) as AsyncIterable<string[]>)
    if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
}
