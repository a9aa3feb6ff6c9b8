// Redis is killed while it is written to: with every write on disk, and with a replica that takes over. What was acknowledged is
// there afterwards, and new sessions are taken without a restart of the broker.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { realClock } from '../../src/clock.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { type BareRuntime, bareRuntime } from '../support/bare-runtime.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { hasRedis, SAFEST, startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { newSession } from './conformance.ts';

describe.skipIf(!hasRedis())(
  'a Redis that syncs every write, killed and started again',
  { timeout: 90_000 },
  () => {
    let redis: TestRedis;
    let broker: EnclaveBroker;
    let url: string;
    let runtime: BareRuntime;

    beforeEach(async () => {
      redis = await startRedis(SAFEST);
      broker = new EnclaveBroker({ redis: redis.url, maxConcurrentSessions: 100_000 });
      ({ url } = await broker.listen(0));
      runtime = await bareRuntime(url, { slots: 1 });
    });
    afterEach(async () => {
      await broker?.close();
      await redis?.[Symbol.asyncDispose]();
    });

    it('has every session that was acknowledged, three times over, and takes new ones at once', async () => {
      const client = new EnclaveClient({ serverUrl: url, reconnection: { enabled: false } });
      const acknowledged: string[] = [];
      let isOver = false;
      // Eight at a time without pause, so that the server is killed in the middle of writes.
      const load = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (!isOver)
            await client.submit({ code: 'return 1' }).then(
              (id) => acknowledged.push(id),
              // Refused while Redis is away, by design.
              (error: unknown) => expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' }),
            );
        }),
      );
      for (let round = 0; round < 3; round++) {
        const target = acknowledged.length + 40;
        await until('sessions are acknowledged', () => acknowledged.length >= target);
        await redis.kill();
        await redis.start();
      }
      const target = acknowledged.length + 40;
      await until('sessions are acknowledged after the last restart', () => acknowledged.length >= target);
      isOver = true;
      await load;
      const found = await Promise.all(
        acknowledged.map((id) =>
          client.session(id).then(
            () => true,
            () => false,
          ),
        ),
      );
      expect(found.filter((isThere) => !isThere)).toEqual([]);
      expect(new Set(acknowledged).size).toBe(acknowledged.length);
      // And the first of them, handed out before the first kill, still ends.
      const [start] = runtime.starts;
      if (start === undefined) throw new Error('expected a start');
      runtime.done(start, 1);
      expect((await client.follow(start.id)).final).toMatchObject({ ok: true });
    });
  },
);

describe.skipIf(!hasRedis())('a Redis Cluster whose master is killed', { timeout: 120_000 }, () => {
  it('is served by the replica: nothing that it had is lost, and the epoch of event ids rises', async () => {
    await using cluster = await startCluster({ hasReplicas: true });
    await using store = createRedisStore({
      redis: cluster.client,
      clock: realClock,
      commandTimeout: 2_000,
    });
    await store.open('b1', () => {});
    // Until there is one session on each node, and more.
    const sessions = Array.from({ length: 24 }, () => newSession(store));
    for (const session of sessions) expect(await store.submit(session)).toBe('created');
    // What a replica does not have yet is lost with its master; here it has everything.
    for (const node of cluster.client.nodes('master')) expect(await node.wait(1, 10_000)).toBe(1);
    const epochOf = async (id: string) =>
      Number((await store.read(id, { seq: 0 }, 1))?.events[0]?.id.split('-')[0]);
    const before = await epochOf(sessions[0]?.id ?? '');
    await cluster.nodes[0]?.kill();
    const states = () =>
      Promise.all(
        sessions.map(({ id }) =>
          store.find(id).then(
            (record) => record?.state ?? 'missing',
            () => 'refused',
          ),
        ),
      );
    await until('all of them are served again', async () =>
      (await states()).every((state) => state === 'queued'),
    );
    await until('a new one is taken on every node', async () => {
      const created = await Promise.all(
        Array.from({ length: 24 }, () =>
          store.submit(newSession(store)).then(
            (reply) => reply === 'created',
            () => false,
          ),
        ),
      );
      return created.every(Boolean);
    });
    await until('event ids are of a new epoch', async () => {
      const session = newSession(store);
      await store.submit(session);
      return (await epochOf(session.id)) > before;
    });
  });
});
