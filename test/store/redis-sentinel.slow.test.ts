// The store behind a Sentinel: the master is killed, its replica takes over, the store finds it by itself.
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { startSentinel } from '../support/redis-sentinel.ts';
import { hasRedis } from '../support/redis-server.ts';
import { newSession } from './conformance.ts';

describe.skipIf(!hasRedis())('behind a Sentinel', { timeout: 90_000 }, () => {
  it('finds the new master when the old one is killed, and raises its epoch', async () => {
    await using sentinel = await startSentinel();
    await using store = createRedisStore({ redis: sentinel.client, clock: realClock, commandTimeout: 2_000 });
    let resyncs = 0;
    await store.open('b1', (bell) => {
      if (bell.kind === 'resync') resyncs++;
    });
    const before = newSession(store);
    expect(await store.submit(before)).toBe('created');
    await sentinel.caughtUp();
    await sentinel.master.kill();
    const after = newSession(store);
    await expect
      .poll(() => store.submit({ ...after, atMs: store.nowMs() }).catch(() => 'away'), { timeout: 60_000 })
      .toMatch(/created|exists/u);
    await expect.poll(() => resyncs, { timeout: 60_000 }).toBeGreaterThan(0);
    // What the replica had is there, and is told from what comes now.
    expect((await store.find(before.id))?.state).toBe('queued');
    const later = newSession(store);
    expect(await store.submit(later)).toBe('created');
    const epochOf = async (id: string) =>
      Number((await store.read(id, { seq: 0 }, 1))?.events[0]?.id.split('-')[0]);
    expect(await epochOf(later.id)).toBeGreaterThan(await epochOf(before.id));
  });
});
