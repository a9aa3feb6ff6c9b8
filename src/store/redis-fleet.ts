// What brokers of one Redis share besides sessions: places, idempotency keys, and who is there.

import type { FleetOperations } from './fleet-operations.ts';
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import { parseBroker, parseReservation, texts } from './redis-replies.ts';
import { redisSlots } from './redis-slots.ts';

export function redisFleet(db: RedisLink): FleetOperations {
  return {
    ...redisSlots(db),

    async reserveKey(tenant, key, reservation, ttlMs) {
      const name = db.keys.idempotency(tenant, key);
      const known = await db.redis.run(() =>
        db.redis.client.set(name, JSON.stringify(reservation), 'PX', ttlMs, 'NX', 'GET'),
      );
      return known === null ? undefined : parseReservation(String(known));
    },

    async takeToken(tenant, perSecond, burst) {
      const reply = await db.redis.script('take-token', [db.keys.bucket(tenant)], [perSecond, burst]);
      const [taken, remaining, waitMs] = texts(reply);
      return { isTaken: taken === '1', remaining: Number(remaining), waitMs: Number(waitMs) };
    },

    async lead(role, brokerId, ttlMs) {
      return texts(await db.redis.script('lead', [db.keys.role(role)], [brokerId, ttlMs]))[0] === '1';
    },

    async cacheGet(key) {
      return (await db.redis.run(() => db.redis.client.get(db.keys.cache(key)))) ?? undefined;
    },

    async cachePut(key, value, ttlMs) {
      await db.redis.run(() => db.redis.client.set(db.keys.cache(key), value, 'PX', ttlMs));
    },

    async beat(info, ttlMs) {
      const { client } = db.redis;
      await db.redis.run(() =>
        Promise.all([
          client.set(db.keys.broker(info.brokerId), JSON.stringify(info), 'PX', ttlMs),
          client.zadd(db.keys.brokers, db.nowMs() + ttlMs, info.brokerId),
          client.zremrangebyscore(db.keys.brokers, '-inf', db.nowMs() - GRACE_MS),
        ]),
      );
    },

    async fleet() {
      const { client } = db.redis;
      return await db.redis.run(async () => {
        const ids = await client.zrangebyscore(db.keys.brokers, db.nowMs(), '+inf');
        const found = await Promise.all(ids.map((id) => client.get(db.keys.broker(id))));
        return found.flatMap((json) => (json === null ? [] : parseBroker(json)));
      });
    },
  };
}
