// What is left of ended sessions in Redis: many records in one hash, which takes a third of what a key for each would. Those whose
// ids were made at about the same time share one, so that it ends by itself when their time is over, and so that those that end in one
// turn of the event loop are written by one command.

import { isTerminal } from '../protocol/events.ts';
import { packRecord, unpackRecord } from './packed-record.ts';
import type { RedisLink } from './redis-link.ts';
import { shortenSessionId, timeOfSessionId } from './session-id.ts';
import type { SessionRecord } from './store.ts';

/**
 * Of the ids in one bucket, ms. Redis packs a hash of up to 128 fields tightly (512 with the settings that the documentation asks
 * for) and reads all of it to add one.
 */
const PERIOD_MS = 20;

export interface RedisResults {
  /** Keeps the record of a session that has ended; `undefined` when its id tells no time: its own hash has to stay. */
  readonly keep: (record: SessionRecord) => Promise<unknown> | undefined;
  readonly find: (id: string) => Promise<SessionRecord | undefined>;
}

export function redisResults(db: RedisLink): RedisResults {
  const placeOf = (id: string): { readonly key: string; readonly field: string } | undefined => {
    const atMs = timeOfSessionId(id);
    if (atMs === undefined) return undefined;
    return { key: db.keys.ended(`${Math.floor(atMs / PERIOD_MS)}`), field: shortenSessionId(id) };
  };
  return {
    keep(record) {
      const place = placeOf(record.id);
      if (place === undefined || !isTerminal(record.state)) return undefined;
      const { key, field } = place;
      const text = packRecord({ record, endedAtMs: db.nowMs() });
      // It stays until the last that was kept may go: time only moves on.
      return Promise.all([
        db.redis.gather('HSET', key, [field, text]),
        db.redis.once('PEXPIRE', key, db.retention.resultMs),
      ]);
    },

    async find(id) {
      const place = placeOf(id);
      const text = place === undefined ? null : await db.redis.send('HGET', place.key, [place.field]);
      if (typeof text !== 'string') return undefined;
      const { endedAtMs, record } = unpackRecord(id, text);
      return db.nowMs() - endedAtMs > db.retention.resultMs ? undefined : record;
    },
  };
}
