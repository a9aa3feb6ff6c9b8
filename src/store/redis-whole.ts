// Sessions that reach Redis only when something has happened to them: one that ended meanwhile is a record and its events, each beside
// those of others in a hash, and no script.
import { EnclaveError } from '../errors.ts';
import { packEvents, unpackEvents } from './packed-events.ts';
import type { RedisIndex } from './redis-index.ts';
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import { texts } from './redis-replies.ts';
import { keepRecord, placeOfId, type RedisResults } from './redis-results.ts';
import type { RedisSources } from './redis-sources.ts';
import type { Gatherer } from './redis-wire.ts';
import { type LiveSession, page, type ToolState, toRecord } from './session-rules.ts';
import type { EventCursor, EventPage, WholeWrites } from './store.ts';

export interface RedisWholeParts extends Pick<RedisSources, 'codeOf' | 'keepSource'> {
  readonly results: RedisResults;
  readonly index: Pick<RedisIndex, 'add'>;
}

export type RedisWhole = Pick<WholeWrites, 'putRunning' | 'putEnded'> & {
  /** A page of a session that was written when it had ended, or whose own hash is gone. */
  readonly read: (id: string, after: EventCursor, limit: number) => Promise<EventPage | undefined>;
};

export function redisWhole(
  db: RedisLink,
  { results, codeOf, keepSource, index }: RedisWholeParts,
): RedisWhole {
  const addToIndex = (gatherer: Gatherer, { id, tenant, createdAtMs: atMs, deadlineMs }: LiveSession) =>
    index.add(gatherer, { id, tenant, atMs, deadlineMs });
  return {
    async putRunning(live, leaseMs) {
      const { id, deadlineMs, createdAtMs } = live;
      const { redis } = db;
      // The lease goes first: what runs is always found again.
      const prepared = Promise.all([
        keepSource(live),
        redis.gather((gatherer) => {
          gatherer.add('ZADD', db.keys.deadlines, [db.nowMs() + leaseMs, id]);
          addToIndex(gatherer, live);
        }),
      ]);
      if (redis.client.isCluster) await prepared;
      const put = redis.script('put', db.keys.session(id), [
        ...[live.claim.id, Math.max(1, deadlineMs - createdAtMs + GRACE_MS)],
        ...[live.epoch, live.fence, live.fenceCount, live.runtimeId, live.brokerId, createdAtMs, deadlineMs],
        [...live.watchers].map((broker) => db.keys.channel(broker)).join(','),
        ...[
          live.tenant,
          live.route,
          live.priority,
          JSON.stringify(live.labels),
          live.request(),
          codeOf(live),
        ],
        ...[live.attempts, live.emitted],
        JSON.stringify(
          live.events.map(({ id: entry, ts, type, payload }) => [entry, `${ts}`, type, payload]),
        ),
        JSON.stringify([...live.tools].map(([call, state]) => [`${call}`, journaled(state)])),
      ]);
      const [reply] = await Promise.all([put, prepared]);
      if (texts(reply)[0] !== 'created')
        throw new EnclaveError('INTERNAL', `session ${id} is there already, of another origin`);
    },

    // The promise of the turn itself: one more for each session is a good part of what its end costs here.
    putEnded(live) {
      const place = placeOfId(live.id);
      if (place === undefined)
        return Promise.reject(
          new EnclaveError('INTERNAL', `session ${live.id} has an id that tells no time`),
        );
      const record = toRecord(live);
      return db.redis.gather((gatherer) => {
        keepRecord(db, gatherer, place, record);
        const key = db.keys.pages(place.bucket);
        gatherer.add('HSET', key, [place.field, packEvents(record, live.events)]);
        gatherer.once('PEXPIRE', key, db.retention.eventsMs);
        addToIndex(gatherer, live);
      });
    },

    async read(id, after, limit) {
      const record = await results.find(id);
      const place = placeOfId(id);
      if (record === undefined || place === undefined) return undefined;
      const text = await db.redis.send('HGET', db.keys.pages(place.bucket), [place.field]);
      return page(record, typeof text === 'string' ? unpackEvents(record, text) : [], after, limit);
    },
  };
}

/** As `write_call` of the Lua files. */
function journaled({ status, brokerId, effect, hash, result }: ToolState): string {
  return [status, brokerId, effect, hash, result].join('|');
}
