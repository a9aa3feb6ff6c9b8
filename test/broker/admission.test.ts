// Who is let in and who is refused, with which words, over real HTTP.
import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../src/broker/rate-meter.ts';
import { realClock } from '../../src/clock.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { EnclaveBrokerOptions } from '../../src/enclave-broker-options.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis } from '../support/redis-server.ts';

const patience = { timeout: 20_000 };
const AUTH = {
  apiKeys: 'key-of-acme-0123456789 acme\nkey-of-other-012345678 other',
  runtimeToken: 'runtime-token-012345',
};

async function serve(options: EnclaveBrokerOptions = {}) {
  const broker = new EnclaveBroker(options);
  const { url } = await broker.listen(0);
  const submit = (key?: string) =>
    fetch(`${url}/sessions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: '{"code":"return 1"}',
    });
  return { broker, url, submit };
}

describe('admission', () => {
  it.runIf(hasRedis())('counts the submits of a tenant over all brokers, and tells its quota', async () => {
    await using redis = await startRedis();
    const options = { redis: redis.url, rateLimit: { perSecond: 0.01, burst: 3 } };
    const [a, b] = [await serve(options), await serve(options)];
    await using _a = a.broker;
    await using _b = b.broker;
    await bareRuntime(a.url);
    const statuses = [];
    for (const { submit } of [a, b, a]) statuses.push((await submit()).status);
    expect(statuses).toEqual([202, 202, 202]);
    const refused = await b.submit();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED' });
    // One token takes 100 s; a wait is told as 60 s at most.
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('ratelimit-policy')).toBe('"tenant";q=3;w=300');
    expect(refused.headers.get('ratelimit')).toMatch(/^"tenant";r=0;t=(9\d|100)$/u);
  });

  it('bounds the sessions of a tenant without touching those of another', async () => {
    const store = createMemoryStore({ clock: realClock });
    const { broker, submit } = await serve({
      store,
      auth: AUTH,
      maxSessionsPerTenant: 1,
      runtimePool: { driver: 'none' },
    });
    await using _broker = broker;
    await store.beat(
      { brokerId: 'elsewhere', runtimes: [{ runtimeId: 'r', labels: {}, slots: 1, busy: 1 }] },
      60_000,
    );
    expect((await submit('key-of-acme-0123456789')).status).toBe(202);
    const refused = await submit('key-of-acme-0123456789');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe('"tenant";q=1');
    expect((await submit('key-of-other-012345678')).status).toBe(202);
  });

  it('refuses by itself while the fleet is full, and lets in as many as have ended', async () => {
    const store = createMemoryStore({ clock: realClock });
    let asked = 0;
    const acquire = store.acquireSlot.bind(store);
    store.acquireSlot = (...args) => {
      asked++;
      return acquire(...args);
    };
    const { broker, url, submit } = await serve({ store, maxConcurrentSessions: 2 });
    await using _broker = broker;
    const runtime = await bareRuntime(url);
    expect([(await submit()).status, (await submit()).status]).toEqual([202, 202]);
    asked = 0;
    const refusals = await Promise.all(Array.from({ length: 200 }, submit));
    expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await refusals[0]?.json()).toMatchObject({ code: 'OVERLOADED' });
    expect(Number(refusals[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // The store is asked when nothing is known, and again when what is known has grown old: not for each of 200.
    expect(asked).toBeLessThan(100);
    await expect.poll(() => runtime.starts.length, patience).toBe(2);
    const [first] = runtime.starts;
    if (first !== undefined) runtime.done(first);
    await expect.poll(async () => (await submit()).status, patience).toBe(202);
  });

  it('refuses submits to a full fleet early, and nothing but those, and counts them', async () => {
    const store = createMemoryStore({ clock: realClock });
    const { broker, url, submit } = await serve({
      store,
      auth: { ...AUTH, apiKeys: `${AUTH.apiKeys}\nkey-of-ops-0123456789 ops admin` },
      maxConcurrentSessions: 1,
      runtimePool: { driver: 'none' },
    });
    await using _broker = broker;
    const runtimes = [{ runtimeId: 'r', labels: {}, slots: 1, busy: 1 }];
    await store.beat({ brokerId: 'elsewhere', runtimes }, 60_000);
    const key = 'key-of-acme-0123456789';
    expect((await submit(key)).status).toBe(202);
    // What is asked first finds out; from then on it is known for a moment.
    await Promise.all(Array.from({ length: 20 }, () => submit(key)));
    const post = (path: string, more: Record<string, string> = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...more },
        body: '{"code":"return 1"}',
      });
    const replies = await Promise.all([
      post('/sessions?wait=10'),
      post('/tasks'),
      post('/sessions', { authorization: 'Bearer nobody' }),
      post('/sessions/s_unknown/cancel'),
      post('/sessionsx'),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([503, 503, 401, 404, 404]);
    const ops = { authorization: 'Bearer key-of-ops-0123456789' };
    const text = await (await fetch(`${url}/metrics`, { headers: ops })).text();
    const count = (line: RegExp) => Number(line.exec(text)?.[1]);
    expect(count(/^enclave_admission_refusals_total\{reason="OVERLOADED"\} (\d+)$/mu)).toBe(22);
    expect(
      count(
        /^enclave_http_request_duration_seconds_count\{method="POST",route="\/sessions",status="503"\} (\d+)$/mu,
      ),
    ).toBe(21);
  });

  it('refuses a session that would wait too long, and says for how long', async () => {
    const store = createMemoryStore({ clock: realClock });
    const { broker, submit } = await serve({ store, maxQueueWait: 10_000 });
    await using _broker = broker;
    // A fleet elsewhere ends two sessions a second, and sixty wait: 30 s, of which 20 are too many.
    const runtimes = [{ runtimeId: 'r', labels: {}, slots: 4, busy: 4 }];
    await store.beat({ brokerId: 'elsewhere', runtimes, rates: { any: 2 } }, 60_000);
    store.depth = async () => 60;
    const refused = await submit();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(await refused.json()).toMatchObject({ code: 'OVERLOADED', retryAfter: 20 });
  });
});

describe('RateMeter', () => {
  it('finds a steady rate from the first seconds on, and forgets it', () => {
    const meter = new RateMeter(0);
    expect(meter.perSecond(0)).toBe(0);
    for (let ms = 100; ms <= 2_000; ms += 100) meter.add(ms);
    // Ten a second for two seconds. The sum over whole periods is at most one period off: 5 % here.
    expect(meter.perSecond(2_000)).toBeGreaterThan(9.5);
    expect(meter.perSecond(2_000)).toBeLessThan(10.6);
    // After 50 s, ten time constants, e^-10 of it is left.
    expect(meter.perSecond(52_000)).toBeLessThan(0.01);
  });
});
