// The store on Valkey, which brokers take for a Redis.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { findValkey } from '../support/find-redis.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { conformance } from './conformance.ts';

describe.skipIf(findValkey() === undefined)('with a valkey-server', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis([], findValkey());
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  conformance('valkey', async (eventsMs = 60_000) =>
    createRedisStore({
      redis: server.url,
      clock: realClock,
      prefix: `t${randomUUID()}:`,
      retention: { eventsMs, resultMs: eventsMs + 60_000 },
    }),
  );
});
