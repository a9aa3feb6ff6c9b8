// Places among those that a fleet or a tenant may take: all that are asked for and given back in one turn of the event loop go
// in one script.
import type { FleetOperations } from './fleet-operations.ts';
import type { RedisLink } from './redis-link.ts';
import { texts } from './redis-replies.ts';

interface Batch {
  readonly released: string[];
  readonly asked: string[];
  limit: number;
  untilMs: number;
  /** A digit for each that asked. */
  readonly given: Promise<string>;
}

export function redisSlots(db: RedisLink): Pick<FleetOperations, 'acquireSlot' | 'releaseSlot'> {
  const open = new Map<string, Batch>();
  const batchOf = (scope: string): Batch => {
    const known = open.get(scope);
    if (known !== undefined) return known;
    const given = db.redis.script('slots', [db.keys.slots(scope)], () => {
      open.delete(scope);
      return [batch.released.join(' '), batch.asked.join(' '), batch.limit, batch.untilMs];
    });
    const batch: Batch = {
      released: [],
      asked: [],
      limit: 0,
      untilMs: 0,
      given: given.then(
        (reply) => texts(reply)[0] ?? '',
        (error: unknown) => {
          open.delete(scope);
          throw error;
        },
      ),
    };
    open.set(scope, batch);
    return batch;
  };
  return {
    async acquireSlot(scope, id, limit, untilMs) {
      const batch = batchOf(scope);
      batch.limit = limit;
      batch.untilMs = Math.max(batch.untilMs, untilMs);
      const at = batch.asked.push(id) - 1;
      return (await batch.given)[at] === '1';
    },

    async releaseSlot(scope, id) {
      const batch = batchOf(scope);
      batch.released.push(id);
      await batch.given;
    },
  };
}
