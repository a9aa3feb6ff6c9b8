// The store on a Redis Cluster: every script with its keys in one slot, and what happens while a node is down.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createRedisKeys } from '../../src/store/redis-keys.ts';
import { loadScript, SCRIPT_NAMES } from '../../src/store/redis-scripts.ts';
import type { Store } from '../../src/store/store.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';
import { hasRedis } from '../support/redis-server.ts';
import { conformance, newSession } from './conformance.ts';

const QUOTA = { high: 1, normal: 1, low: 1 };

describe.skipIf(!hasRedis())('a cluster of three', { timeout: 60_000 }, () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const open = async (eventsMs = 60_000) =>
    createRedisStore({
      redis: cluster.client,
      clock: realClock,
      commandTimeout: 2_000,
      prefix: `t${randomUUID()}:`,
      retention: { eventsMs, resultMs: eventsMs + 60_000 },
    });
  conformance('redis cluster', open);

  it('knows every script, and refuses one whose keys are of several slots', async () => {
    const [node] = cluster.client.nodes('master');
    for (const name of SCRIPT_NAMES)
      expect(await node?.script('LOAD', loadScript(name).lua), name).toBe(loadScript(name).sha1);
    await expect(cluster.client.eval('return 1', 2, 'a', 'b')).rejects.toThrow(/CROSSSLOT|same slot/u);
  });

  it('keeps all keys of one session, and the queues of one route, in one slot; sessions are spread', async () => {
    const keys = createRedisKeys('p:');
    const slots = async (names: readonly string[]) =>
      new Set(await Promise.all(names.map((name) => cluster.client.cluster('KEYSLOT', name))));
    expect((await slots(keys.session('s_1'))).size).toBe(1);
    expect((await slots(keys.queues('tier=premium'))).size).toBe(1);
    const many = await slots(Array.from({ length: 60 }, (_, i) => keys.session(`s_${i}`)[0]));
    expect(many.size).toBeGreaterThan(50);
  });

  it('serves what the other nodes hold while one is killed, refuses the rest in time, and all when it is back', async () => {
    await using store = await open();
    await store.open('b1', () => {});
    const [victim] = cluster.nodes;
    // So many that some are on each node, but for once in ten million times.
    const sessions = Array.from({ length: 40 }, () => newSession(store));
    for (const session of sessions) expect(await store.submit(session)).toBe('created');
    await victim?.kill();
    const found = await Promise.all(sessions.map(({ id }) => stateOf(store, id)));
    expect(found).toContain('queued');
    expect(found).toContain('STORE_UNAVAILABLE');
    expect(new Set(found)).toEqual(new Set(['queued', 'STORE_UNAVAILABLE']));
    await victim?.start();
    await expect
      .poll(async () => new Set(await Promise.all(sessions.map(({ id }) => stateOf(store, id)))), {
        timeout: 50_000,
      })
      .toEqual(new Set(['queued']));
    const later = newSession(store);
    await expect
      .poll(() => store.submit(later).catch(() => 'away'), { timeout: 50_000 })
      .toMatch(/created|exists/u);
    const taken = await store.take('any', QUOTA, 50);
    expect(taken.map(({ id }) => id)).toEqual(
      expect.arrayContaining([...sessions.map(({ id }) => id), later.id]),
    );
  });
});

async function stateOf(store: Store, id: string): Promise<string> {
  try {
    return (await store.find(id))?.state ?? 'missing';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
