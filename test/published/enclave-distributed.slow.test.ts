// The calls of the published Enclave guide's distributed part, as they stand there: same classes, same options, same keys.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { freePort, hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';

const toolRegistry = [
  defineTool({
    name: 'price',
    description: 'Price of a thing',
    args: z.object({ of: z.string() }),
    effect: 'read',
    handler: ({ of }) => of.length,
  }),
];

describe.skipIf(!hasRedis())('the published guide', { timeout: 60_000 }, () => {
  let server: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    process.env['REDIS_HOST'] = '127.0.0.1';
    process.env['REDIS_PORT'] = `${server.port}`;
    redis = new Redis({
      host: process.env['REDIS_HOST'],
      port: Number.parseInt(process.env['REDIS_PORT'] || '6379', 10),
      maxRetriesPerRequest: 3,
      enableReadyCheck: true,
      lazyConnect: true,
    });
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.[Symbol.asyncDispose]();
  });

  it('its broker, runtime and client work together, and its keys are the ones in Redis', async () => {
    const port = await freePort();
    process.env['BROKER_URL'] = `http://127.0.0.1:${port}`;
    await using broker = new EnclaveBroker({
      redis,
      tools: toolRegistry,
      maxConcurrentSessions: 1000,
      sessionTimeout: 300000,
      runtimePool: {
        minSize: 2,
        maxSize: 10,
        scaleUpThreshold: 0.8,
        scaleDownThreshold: 0.3,
        scaleInterval: 30000,
      },
    });
    await broker.listen(port);

    await using runtime = new EnclaveRuntime({
      brokerUrl: process.env['BROKER_URL'],
      workerPool: {
        size: 4,
        maxMemory: 128 * 1024 * 1024,
      },
      heartbeatInterval: 5000,
      labels: {
        region: process.env['REGION_THAT_IS_NOT_SET'],
        tier: 'standard',
      },
    });
    await runtime.connect();

    const client = new EnclaveClient({
      serverUrl: process.env['BROKER_URL'],
      reconnection: {
        enabled: true,
        maxAttempts: 5,
        backoffMultiplier: 2,
      },
      timeout: 60000,
    });
    const code = 'return await callTool("price", { of: args.thing });';
    const { sessionId, final } = await client.run({ code, input: { thing: 'lamp' } });
    expect(final).toMatchObject({ ok: true, result: 4 });

    // Braces in the id are the Cluster's: the three keys of a session lie on one node.
    await redis.connect();
    expect(await redis.type(`session:{${sessionId}}`)).toBe('hash');
    expect(await redis.type(`session:{${sessionId}}:events`)).toBe('stream');
    expect(await redis.type(`session:{${sessionId}}:tools`)).toBe('hash');

    // The pool has started what it must have, beside the runtime that was started by hand.
    await expect.poll(() => broker.pool?.size, { timeout: 50_000 }).toBe(2);
    const runtimes = async () => {
      const response = await fetch(`${process.env['BROKER_URL']}/runtimes`);
      const { brokers } = (await response.json()) as { brokers: { runtimes: unknown[] }[] };
      return brokers.flatMap((each) => each.runtimes).length;
    };
    await expect.poll(runtimes, { timeout: 50_000 }).toBe(3);
  });

  it('its routing rules send sessions to the runtimes that they name', async () => {
    await using broker = new EnclaveBroker({
      routingStrategy: 'label-match',
      routingRules: [
        {
          match: { priority: 'high' },
          target: { tier: 'premium' },
        },
        {
          match: { region: 'us-east' },
          target: { region: 'us-east' },
        },
      ],
    });
    const { url } = await broker.listen(0);
    const runtime = (labels: Record<string, string>) =>
      new EnclaveRuntime({ brokerUrl: url, workerPool: { size: 1 }, labels });
    await using premium = runtime({ tier: 'premium' });
    await using east = runtime({ region: 'us-east' });
    await Promise.all([premium.connect(), east.connect()]);
    const ranOn = async (request: { priority?: 'high'; labels?: Record<string, string> }) => {
      let at = '';
      await new EnclaveClient({ serverUrl: url }).run(
        { code: 'return 1', ...request },
        {
          onEvent: (event) => {
            if (event.type === 'started') at = event.payload.runtimeId;
          },
        },
      );
      return at;
    };
    const [high, us] = [await ranOn({ priority: 'high' }), await ranOn({ labels: { region: 'us-east' } })];
    expect(new Set([high, us]).size).toBe(2);
    expect(await ranOn({ priority: 'high' })).toBe(high);
    expect(await ranOn({ labels: { region: 'us-east' } })).toBe(us);
  });
});
