// What is left of ended sessions in Redis: many records in one hash, which takes a third of what a key for each would. Those whose
// ids were made at about the same time share one, so that it ends by itself when their time is over, and so that those that end in one
// turn of the event loop are written by one command.

import { isTerminal } from '../protocol/events.ts';
import { packRecord, unpackRecord } from './packed-record.ts';
import type { RedisLink } from './redis-link.ts';
import type { Gatherer } from './redis-wire.ts';
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
  return {
    keep(record) {
      const place = placeOfId(record.id);
      if (place === undefined || !isTerminal(record.state)) return undefined;
      return db.redis.gather((gatherer) => keepRecord(db, gatherer, place, record));
    },

    async find(id) {
      const place = placeOfId(id);
      if (place === undefined) return undefined;
      const text = await db.redis.send('HGET', db.keys.ended(place.bucket), [place.field]);
      if (typeof text !== 'string') return undefined;
      const { endedAtMs, record } = unpackRecord(id, text);
      return db.nowMs() - endedAtMs > db.retention.resultMs ? undefined : record;
    },
  };
}

export interface Place {
  readonly bucket: string;
  readonly field: string;
}

/** Where what is left of a session lies among others; `undefined` when its id tells no time. */
export function placeOfId(id: string): Place | undefined {
  const atMs = timeOfSessionId(id);
  if (atMs === undefined) return undefined;
  return { bucket: String(Math.floor(atMs / PERIOD_MS)), field: shortenSessionId(id) };
}

export function keepRecord(
  db: RedisLink,
  gatherer: Gatherer,
  { bucket, field }: Place,
  record: SessionRecord,
): void {
  const key = db.keys.ended(bucket);
  gatherer.add('HSET', key, [field, packRecord({ record, endedAtMs: db.nowMs() })]);
  // It stays until the last that was kept may go: time only moves on.
  gatherer.once('PEXPIRE', key, db.retention.resultMs);
}
