// Settings of stores, given to real ones: a SQLite file, a Cluster, a Sentinel.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localStoreOf, redisStoreOf } from '../../src/cli/broker-settings.ts';
import { readSettings } from '../../src/cli/settings-flags.ts';
import type { Store } from '../../src/store/store.ts';
import { captureIo } from '../cli/test-io.ts';
import { newSession } from '../store/conformance.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { startSentinel } from '../support/redis-sentinel.ts';
import { hasRedis } from '../support/redis-server.ts';

const settingsOf = async (...set: readonly string[]) =>
  (await readSettings({ set }, captureIo({ cwd: tmpdir() }).io)).settings;

/** A session that is created and ended as far as retention goes. */
async function roundTrip(store: Store): Promise<void> {
  await store.open('b1', () => {});
  const session = newSession(store);
  expect(await store.submit(session)).toBe('created');
  expect(await store.finish({ id: session.id, fence: '', state: 'failed', final: '{}' })).toBe('ok');
  expect((await store.find(session.id))?.state).toBe('failed');
  // retention.results is over: it is as if it had never been.
  await expect.poll(() => store.find(session.id), { timeout: 20_000 }).toBeUndefined();
}

const RETENTION = ['retention.events=1ms', 'retention.results=1s'] as const;

describe('settings of stores', () => {
  it('a SQLite file, its cache, its map and its retention', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enclave-sqlite-'));
    try {
      const settings = await settingsOf(
        'store=sqlite:s.db',
        'sqlite.cacheSize=4MiB',
        'sqlite.mmapSize=1MiB',
        'sqlite.busyTimeout=50ms',
        ...RETENTION,
      );
      await using store = await localStoreOf(settings, (file) => join(folder, file));
      await roundTrip(store);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.runIf(hasRedis())('redis.cluster', { timeout: 90_000 }, async () => {
    await using cluster = await startCluster();
    const nodes = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    await using store = await redisStoreOf(
      await settingsOf(`redis.cluster=${nodes}`, 'redis.prefix=p:', ...RETENTION),
    );
    await roundTrip(store);
  });

  it.runIf(hasRedis())('redis.sentinels', { timeout: 90_000 }, async () => {
    await using sentinel = await startSentinel();
    const { sentinels, name } = sentinel.client.options;
    const hosts = sentinels?.map(({ host, port }) => `${host}:${port}`).join(',');
    await using store = await redisStoreOf(
      await settingsOf(`redis.sentinels=${hosts}`, `redis.sentinelName=${name}`, ...RETENTION),
    );
    await roundTrip(store);
  });
});
