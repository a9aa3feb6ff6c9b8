// What is left of ended sessions in Redis: many records in one hash, which takes a third of what a key for each would. All whose
// ids were made within ten seconds of each other share a few hashes, so that these end by themselves when their time is over.

import { isTerminal } from '../protocol/events.ts';
import { packRecord, unpackRecord } from './packed-record.ts';
import type { RedisLink } from './redis-link.ts';
import { shortenSessionId, timeOfSessionId } from './session-id.ts';
import type { SessionRecord } from './store.ts';

/** Of the ids in one bucket, ms. */
const PERIOD_MS = 10_000;
/** Buckets of one period. Redis packs a hash of up to 128 fields tightly (512 with the settings that the documentation asks for). */
const SHARDS = 128;

export interface RedisResults {
  /** Keeps the record of a session that has ended. False when its id tells no time: its own hash has to stay. */
  readonly keep: (record: SessionRecord) => Promise<boolean>;
  readonly find: (id: string) => Promise<SessionRecord | undefined>;
}

export function redisResults(db: RedisLink): RedisResults {
  const keyOf = (id: string): string | undefined => {
    const atMs = timeOfSessionId(id);
    if (atMs === undefined) return undefined;
    const shard = Number.parseInt(id.slice(-4), 16) % SHARDS;
    return db.keys.ended(`${Math.floor(atMs / PERIOD_MS)}:${shard}`);
  };
  return {
    async keep(record) {
      const key = keyOf(record.id);
      if (key === undefined || !isTerminal(record.state)) return false;
      const text = packRecord({ record, endedAtMs: db.nowMs() });
      await Promise.all([
        db.redis.send('HSET', key, [shortenSessionId(record.id), text]),
        // Until the last that was kept may go: time only moves on.
        db.redis.send('PEXPIRE', key, [db.retention.resultMs]),
      ]);
      return true;
    },

    async find(id) {
      const key = keyOf(id);
      const text = key === undefined ? null : await db.redis.send('HGET', key, [shortenSessionId(id)]);
      if (typeof text !== 'string') return undefined;
      const { endedAtMs, record } = unpackRecord(id, text);
      return db.nowMs() - endedAtMs > db.retention.resultMs ? undefined : record;
    },
  };
}
