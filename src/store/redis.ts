// Sessions in Redis 7 or later, single or Cluster: any number of brokers share them. Every change of a session
// that others know of is one Lua file.
import { redisFleet } from './redis-fleet.ts';
import { RedisLink, type RedisStoreOptions } from './redis-link.ts';
import { redisQueues } from './redis-queues.ts';
import { redisSessions } from './redis-sessions.ts';
import type { Store } from './store.ts';

export function createRedisStore(options: RedisStoreOptions): Store {
  const db = new RedisLink(options);
  const queues = redisQueues(db);
  return {
    kind: 'redis',
    open: (brokerId, onBell) => db.open(brokerId, onBell),
    ping: () => db.ping(),
    nowMs: () => db.nowMs(),
    breakerState: () => db.redis.breakerState,
    ...redisSessions(db, queues),
    ...queues,
    ...redisFleet(db),
    [Symbol.asyncDispose]: () => db.close(),
  };
}
