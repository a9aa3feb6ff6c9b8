// Who gets which session, and what becomes of one whose runtime goes away. The runtimes are bare sockets, the stores real.
import { describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { realClock } from '../../src/clock.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { EnclaveBrokerOptions } from '../../src/enclave-broker-options.ts';
import { EnclaveError } from '../../src/errors.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { type BareRuntime, bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis } from '../support/redis-server.ts';

const patience = { timeout: 20_000 };
const CODE = { code: 'return 1' };

async function serve(options: EnclaveBrokerOptions = {}) {
  const broker = new EnclaveBroker({ reattach: 20_000, ...options });
  const { url } = await broker.listen(0);
  return { broker, url, client: new EnclaveClient({ serverUrl: url, reconnection: { enabled: false } }) };
}
const counts = (runtimes: readonly BareRuntime[]) => runtimes.map(({ starts }) => starts.length);

describe('a broker', () => {
  it('fills its runtimes by the share of their places that is taken', async () => {
    const { broker, url, client } = await serve();
    await using _broker = broker;
    const small = await bareRuntime(url, { slots: 2 });
    const large = await bareRuntime(url, { slots: 6 });
    for (let n = 1; n <= 4; n++) {
      await client.submit(CODE);
      await expect.poll(() => broker.running, patience).toBe(n);
    }
    // Shares after each: 1/2, then 1/6, 2/6, 3/6 of the large one.
    await expect.poll(() => counts([small, large]), patience).toEqual([1, 3]);
  });

  it('takes turns when told to, whatever their size', async () => {
    const { broker, url, client } = await serve({ routingStrategy: 'round-robin' });
    await using _broker = broker;
    const runtimes = [await bareRuntime(url, { slots: 4 }), await bareRuntime(url, { slots: 60 })];
    for (let n = 1; n <= 6; n++) {
      await client.submit(CODE);
      await expect.poll(() => broker.running, patience).toBe(n);
    }
    await expect.poll(() => counts(runtimes), patience).toEqual([3, 3]);
  });

  it('hands high before normal before low once places are short', async () => {
    const { broker, url, client } = await serve();
    await using _broker = broker;
    const runtime = await bareRuntime(url, { slots: 1 });
    await client.submit({ code: 'first' });
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    for (const priority of ['low', 'normal', 'high'] as const)
      await client.submit({ code: priority, priority });
    for (let n = 1; n <= 3; n++) {
      const last = runtime.starts.at(-1);
      if (last === undefined) throw new Error('expected a start');
      runtime.done(last);
      await expect.poll(() => runtime.starts.length, patience).toBe(n + 1);
    }
    expect(runtime.starts.map(({ source }) => source)).toEqual(['first', 'high', 'normal', 'low']);
  });

  it('queues a session again that its runtime never heard of, under a new fence', async () => {
    const { broker, url, client } = await serve();
    await using _broker = broker;
    const before = await bareRuntime(url, { instance: 'one' });
    const id = await client.submit(CODE);
    await expect.poll(() => before.starts.length, patience).toBe(1);
    before.cut();
    // As if `start` had been lost: the same runtime comes back and has nothing.
    const after = await bareRuntime(url, { instance: 'one' });
    after.say({ type: 'attach', sessions: [] });
    await expect.poll(() => after.starts.length, patience).toBe(1);
    const [old, now] = [before.starts[0], after.starts[0]];
    expect(now?.id).toBe(id);
    expect(now?.fence).not.toBe(old?.fence);
    if (now !== undefined) after.done(now, 7);
    expect((await client.follow(id)).final).toMatchObject({ ok: true, result: 7, stats: { attempts: 1 } });
  });

  it('believes no other runtime that a session was never heard of', async () => {
    const { broker, url, client } = await serve({ reattach: 200 });
    await using _broker = broker;
    const before = await bareRuntime(url, { instance: 'one' });
    const id = await client.submit(CODE);
    await expect.poll(() => before.starts.length, patience).toBe(1);
    before.cut();
    const liar = await bareRuntime(url, { instance: 'two' });
    liar.say({ type: 'attach', sessions: [] });
    expect((await client.follow(id)).final).toMatchObject({ ok: false, error: { code: 'RUNTIME_LOST' } });
    expect(liar.starts).toEqual([]);
  });

  it('queues a session again whose runtime left while it was being handed out', async () => {
    const store = createMemoryStore({ clock: realClock });
    const slow = Promise.withResolvers<void>();
    const isAsked = Promise.withResolvers<void>();
    const made = store.submitClaimed.bind(store);
    store.submitClaimed = async (...args) => {
      isAsked.resolve();
      await slow.promise;
      return await made(...args);
    };
    const { broker, url, client } = await serve({ store });
    await using _broker = broker;
    const runtime = await bareRuntime(url);
    const submitted = client.submit(CODE);
    await isAsked.promise;
    runtime.cut();
    await expect
      .poll(async () => (await broker.fleet()).flatMap((each) => each.runtimes), patience)
      .toEqual([]);
    slow.resolve();
    const id = await submitted;
    await expect.poll(() => client.session(id), patience).toMatchObject({ state: 'queued', attempts: 0 });
    const next = await bareRuntime(url);
    await expect.poll(() => next.starts.map((start) => start.id), patience).toEqual([id]);
  });

  it('refuses at once what no runtime could run', async () => {
    const { broker, url, client } = await serve({
      routingRules: [{ match: { region: 'eu' }, target: { region: 'eu' } }],
    });
    await using _broker = broker;
    await bareRuntime(url, { labels: { region: 'us' } });
    await expect(client.submit({ ...CODE, labels: { region: 'eu' } })).rejects.toMatchObject({
      code: 'NO_RUNTIME',
    });
    expect(await client.submit({ ...CODE, labels: { region: 'us' } })).toMatch(/^s_/u);
  });
});

describe.skipIf(!hasRedis())('a broker that drains', () => {
  it('leaves what is queued to the others', async () => {
    await using redis = await startRedis();
    const { broker: leaving, url, client } = await serve({ redis: redis.url });
    await using _leaving = leaving;
    const own = await bareRuntime(url, { slots: 1 });
    await client.submit({ code: 'first' });
    await expect.poll(() => own.starts.length, patience).toBe(1);
    const queued = await client.submit({ code: 'second' });
    const closed = leaving.close(20_000);
    const { broker: staying, url: otherUrl } = await serve({ redis: redis.url });
    await using _staying = staying;
    const [first] = own.starts;
    if (first !== undefined) own.done(first);
    await closed;
    expect(own.starts).toHaveLength(1);
    const other = await bareRuntime(otherUrl);
    await expect.poll(() => other.starts.map((start) => start.id), patience).toEqual([queued]);
  });
});

describe.skipIf(!hasRedis())('a broker whose store was away at the wrong moment', () => {
  it('runs the session all the same when it had been created', async () => {
    await using redis = await startRedis();
    const store = createRedisStore({ redis: redis.url, clock: realClock });
    const made = store.submitClaimed.bind(store);
    let isLost = false;
    store.submitClaimed = async (...args) => {
      const reply = await made(...args);
      if (isLost) return reply;
      isLost = true;
      throw new EnclaveError('STORE_UNAVAILABLE', 'the answer got lost');
    };
    const { broker, url } = await serve({ store });
    await using _broker = broker;
    const runtime = await bareRuntime(url);
    // The repeat has the same key, so it finds the session of the first try.
    const client = new EnclaveClient({ serverUrl: url, reconnection: { initialDelay: 10 } });
    const run = client.run(CODE);
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    const [start] = runtime.starts;
    if (start !== undefined) runtime.done(start, 3);
    expect((await run).final).toMatchObject({ ok: true, result: 3, stats: { attempts: 1 } });
  });
});
