// Sessions that reach Redis only when something has happened to them: one that ended meanwhile is a record and its events, in two
// plain keys and no script.
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import { isEventType, type StoredEvent } from '../protocol/events.ts';
import type { RedisIndex } from './redis-index.ts';
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import { texts } from './redis-replies.ts';
import type { RedisResults } from './redis-results.ts';
import type { RedisSources } from './redis-sources.ts';
import { type LiveSession, page, type ToolState, toRecord } from './session-rules.ts';
import type { EventCursor, EventPage, WholeWrites } from './store.ts';

export interface RedisWholeParts extends Pick<RedisSources, 'codeOf' | 'keepSource'> {
  readonly results: RedisResults;
  readonly add: RedisIndex['add'];
}

export type RedisWhole = Pick<WholeWrites, 'putRunning' | 'putEnded'> & {
  /** A page of a session that was written when it had ended, or whose own hash is gone. */
  readonly read: (id: string, after: EventCursor, limit: number) => Promise<EventPage | undefined>;
};

export function redisWhole(db: RedisLink, { results, codeOf, keepSource, add }: RedisWholeParts): RedisWhole {
  const indexed = ({ id, tenant, createdAtMs: atMs, deadlineMs }: LiveSession) =>
    add({ id, tenant, atMs, deadlineMs });
  return {
    async putRunning(live, leaseMs) {
      const { id, deadlineMs, createdAtMs } = live;
      const { redis } = db;
      // The lease goes first: what runs is always found again.
      const prepared = Promise.all([
        keepSource(live),
        redis.gather('ZADD', db.keys.deadlines, [db.nowMs() + leaseMs, id]),
        indexed(live),
      ]);
      if (redis.client.isCluster) await prepared;
      const put = redis.script('put', db.keys.session(id), [
        ...[live.claim.id, Math.max(1, deadlineMs - createdAtMs + GRACE_MS)],
        ...[live.epoch, live.fence, live.fenceCount, live.runtimeId, live.brokerId, createdAtMs, deadlineMs],
        [...live.watchers].map((broker) => db.keys.channel(broker)).join(','),
        ...[live.tenant, live.route, live.priority, JSON.stringify(live.labels), live.request, codeOf(live)],
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

    async putEnded(live) {
      const { id, events } = live;
      const text = JSON.stringify(
        events.map(({ id: entry, ts, type, payload }) => [entry, ts, type, payload]),
      );
      const [isKept] = await Promise.all([
        results.keep(toRecord(live)),
        db.redis.send('SET', db.keys.page(id), [text, 'PX', db.retention.eventsMs]),
        indexed(live),
      ]);
      if (!isKept) throw new EnclaveError('INTERNAL', `session ${id} has an id that tells no time`);
    },

    async read(id, after, limit) {
      const record = await results.find(id);
      if (record === undefined) return undefined;
      const text = await db.redis.send('GET', db.keys.page(id), []);
      return page(record, typeof text === 'string' ? parseEvents(text) : [], after, limit);
    },
  };
}

/** As `write_call` of the Lua files. */
function journaled({ status, brokerId, effect, hash, result }: ToolState): string {
  return [status, brokerId, effect, hash, result].join('|');
}

const storedEvents = z.array(z.tuple([z.string(), z.number(), z.string(), z.string()]));

function parseEvents(text: string): StoredEvent[] {
  return storedEvents
    .parse(JSON.parse(text))
    .flatMap(([id, ts, type, payload]) =>
      isEventType(type) ? [{ id, ts, type, payload, seq: Number(id.slice(id.indexOf('-') + 1)) }] : [],
    );
}
