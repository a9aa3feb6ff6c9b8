// What a broker would do with the next submit, as figures: its wait, its breakers, its kept results.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis } from '../support/redis-server.ts';
import { samples } from './prometheus.ts';

const patience = { timeout: 20_000 };

async function serve(options: ConstructorParameters<typeof EnclaveBroker>[0] = {}) {
  const broker = new EnclaveBroker(options);
  const { url } = await broker.listen(0);
  const scrape = async () => samples(await (await fetch(`${url}/metrics`)).text());
  const submit = (body: object) =>
    fetch(`${url}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: 'return 1', ...body }),
    });
  return { broker, url, scrape, submit };
}

describe('the figures of a broker', () => {
  it('tell what a session would wait: what waits over what ends in a second', async () => {
    const { broker, url, scrape, submit } = await serve();
    await using _broker = broker;
    expect((await scrape()).all('enclave_estimated_wait_seconds')).toEqual([
      { name: 'enclave_estimated_wait_seconds', labels: { runtime: 'any' }, value: 0 },
    ]);
    const runtime = await bareRuntime(url, { slots: 1 });
    for (let n = 1; n <= 3; n++) await submit({});
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    // Two wait, and nothing has ended: nothing is known. One look at the queue is believed for a moment.
    await expect
      .poll(async () => (await scrape()).all('enclave_estimated_wait_seconds'), patience)
      .toEqual([]);
    const [first] = runtime.starts;
    if (first !== undefined) runtime.done(first);
    await expect.poll(() => runtime.starts.length, patience).toBe(2);
    await expect
      .poll(async () => (await scrape()).value('enclave_estimated_wait_seconds'), patience)
      .toBeGreaterThan(0);
  });

  it('tell of a tool that is left alone', async () => {
    const away = defineTool({
      name: 'away',
      description: 'Finds nobody',
      args: z.object({}),
      handler: () => {
        throw Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' });
      },
    });
    const { broker, url, scrape, submit } = await serve({ tools: [away], toolBreaker: { failures: 2 } });
    await using _broker = broker;
    const state = async () => (await scrape()).all('enclave_tool_breaker_state').map(({ value }) => value);
    expect(await state()).toEqual([0]);
    const runtime = await bareRuntime(url);
    await submit({});
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    const [start] = runtime.starts;
    for (const callId of [1, 2])
      runtime.say({ type: 'tool_call', id: start?.id, fence: start?.fence, callId, name: 'away', args: {} });
    await expect.poll(state, patience).toEqual([2]);
    // A store in this process cannot be away.
    expect((await scrape()).all('enclave_store_breaker_state')).toEqual([]);
  });

  it('tell how often a kept result was there', async () => {
    const { broker, url, scrape, submit } = await serve();
    await using _broker = broker;
    const seen = async () => {
      const found = await scrape();
      return ['hit', 'miss'].map((outcome) => found.value('enclave_cache_lookups_total', { outcome }));
    };
    expect(await seen()).toEqual([0, 0]);
    const runtime = await bareRuntime(url);
    await submit({ cache: {} });
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    const [start] = runtime.starts;
    if (start !== undefined) runtime.done(start, 1);
    await expect.poll(() => broker.running, patience).toBe(0);
    await submit({ cache: {} });
    await submit({});
    expect(await seen()).toEqual([1, 1]);
  });

  it.skipIf(!hasRedis())('tell that Redis is away', async () => {
    await using redis = await startRedis();
    const { broker, scrape } = await serve({ redis: redis.url });
    await using _broker = broker;
    const state = async () => (await scrape()).all('enclave_store_breaker_state').map(({ value }) => value);
    expect(await state()).toEqual([0]);
    await redis.kill();
    await expect.poll(async () => (await state())[0], patience).toBeGreaterThan(0);
    await redis.start();
    await expect.poll(state, patience).toEqual([0]);
  });
});
