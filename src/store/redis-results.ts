// What is left of ended sessions in Redis: many records in one hash, which takes a third of what a key for each would. All whose
// ids were made within ten seconds of each other share a few hashes, so that these end by themselves when their time is over.

import { isTerminal } from '../protocol/events.ts';
import { packRecord, unpackRecord } from './packed-record.ts';
import type { RedisLink } from './redis-link.ts';
import type { Args } from './redis-wire.ts';
import { shortenSessionId, timeOfSessionId } from './session-id.ts';
import type { SessionRecord } from './store.ts';

/** Of the ids in one bucket, ms. */
const PERIOD_MS = 10_000;
/** Buckets of one period. Redis packs a hash of up to 128 fields tightly (512 with the settings that the documentation asks for). */
const SHARDS = 128;

export interface RedisResults {
  /** What keeps the record of a session that has ended; nothing when its id tells no time: its own hash has to stay. */
  readonly commands: (record: SessionRecord) => readonly Args[] | undefined;
  readonly find: (id: string) => Promise<SessionRecord | undefined>;
}

export function redisResults(db: RedisLink): RedisResults {
  const placeOf = (id: string): { readonly key: string; readonly field: string } | undefined => {
    const atMs = timeOfSessionId(id);
    if (atMs === undefined) return undefined;
    const shard = Number.parseInt(id.slice(-4), 16) % SHARDS;
    return { key: db.keys.ended(`${Math.floor(atMs / PERIOD_MS)}:${shard}`), field: shortenSessionId(id) };
  };
  return {
    commands(record) {
      const place = placeOf(record.id);
      if (place === undefined || !isTerminal(record.state)) return undefined;
      const { key, field } = place;
      const text = packRecord({ record, endedAtMs: db.nowMs() });
      // It stays until the last that was kept may go: time only moves on.
      return [
        ['HSET', key, field, text],
        ['PEXPIRE', key, db.retention.resultMs],
      ];
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
