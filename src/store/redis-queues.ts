// The queues of the Redis store: one stream for each priority of a route, one consumer group over all brokers.
import { PRIORITIES } from '../protocol/events.ts';
import { PerTick } from './per-tick.ts';
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import { parseEntries, parseStreamEntries, texts } from './redis-replies.ts';
import { DIRECT_ENTRY, type DispatchEntry, type QueueOperations } from './store.ts';

export function redisQueues(db: RedisLink): QueueOperations {
  const { client } = db.redis;
  const settled = new PerTick<string>(db.defer, (queue, ids) =>
    // Deleted only after it was delivered and acknowledged: else the group's lag would become unknown.
    Promise.all([db.redis.send('XACK', queue, ['rt', ...ids]), db.redis.send('XDEL', queue, ids)]),
  );
  const settle: QueueOperations['settle'] = async ({ entryId, route, priority }) => {
    if (entryId === DIRECT_ENTRY || entryId === '') return;
    await settled.add(db.keys.queue(route, priority), entryId);
  };
  const depths: QueueOperations['depths'] = async (route) => {
    const [high = 0, normal = 0, low = 0] = texts(
      await db.redis.script('depth', db.keys.queues(route), []),
    ).map(Number);
    return { high, normal, low };
  };
  return {
    async overdue(limit, deferMs) {
      return texts(await db.redis.script('overdue', [db.keys.deadlines], [limit, deferMs]));
    },

    async dropDeadline(id) {
      await db.redis.gather((gatherer) => gatherer.add('ZREM', db.keys.deadlines, [id]));
    },

    async take(route, quota, total) {
      const args = [db.brokerId, total, quota.high, quota.normal, quota.low];
      return parseEntries(await db.redis.script('take', db.keys.queues(route), args), route);
    },

    async renew(entries, leaseMs) {
      const isDirect = ({ entryId }: DispatchEntry) => entryId === DIRECT_ENTRY;
      const untilMs = db.nowMs() + leaseMs;
      const direct = entries.filter(isDirect).flatMap(({ id }) => [untilMs, id]);
      const byQueue = Map.groupBy(
        entries.filter((entry) => !isDirect(entry)),
        ({ route, priority }) => db.keys.queue(route, priority),
      );
      await db.redis.run(async () => {
        // Also what is not there any more: a lease that got lost comes back, and the reaper drops that of an ended session.
        if (direct.length > 0) await client.zadd(db.keys.deadlines, ...direct);
        await Promise.all(
          byQueue.entries().map(([queue, taken]) => {
            const ids = taken.map(({ entryId }) => entryId);
            // JUSTID: a renewal is no delivery. A queue that is gone has nothing to renew.
            return client
              .call('XCLAIM', queue, 'rt', db.brokerId, '0', ...ids, 'JUSTID')
              .catch(ignoreNoGroup);
          }),
        );
      });
    },

    async reap(route, idleMs, limit) {
      const found: DispatchEntry[] = [];
      for (const priority of PRIORITIES) {
        const reply = await db.redis.run(() =>
          client
            .call(
              'XAUTOCLAIM',
              db.keys.queue(route, priority),
              'rt',
              db.brokerId,
              String(idleMs),
              '0',
              'COUNT',
              String(limit),
            )
            .catch(ignoreNoGroup),
        );
        if (Array.isArray(reply)) found.push(...parseStreamEntries(reply[1], route, priority));
      }
      return found;
    },

    settle,

    async putBack(entry) {
      const { id, route, priority } = entry;
      // Queued before the old entry goes: a crash between leaves two, of which `claim` lets one through.
      await db.redis.run(async () => {
        const queue = db.keys.queue(route, priority);
        await client.xadd(queue, '*', 'id', id, 'at', db.nowMs());
        await client.publish(db.keys.everyone, `q:${route}`);
      });
      await settle(entry);
    },

    async sweep(route) {
      await db.redis.script('sweep', db.keys.queues(route), [GRACE_MS]);
    },

    async depth(route) {
      const { high, normal, low } = await depths(route);
      return high + normal + low;
    },

    depths,
  };
}

/** A queue without its group has nothing taken: there is nothing to renew, reap or settle. */
function ignoreNoGroup(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('NOGROUP')) return undefined;
  throw error;
}
