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
  readonly index: Pick<RedisIndex, 'commands'>;
}

export type RedisWhole = Pick<WholeWrites, 'putRunning' | 'putEnded'> & {
  /** A page of a session that was written when it had ended, or whose own hash is gone. */
  readonly read: (id: string, after: EventCursor, limit: number) => Promise<EventPage | undefined>;
};

export function redisWhole(
  db: RedisLink,
  { results, codeOf, keepSource, index }: RedisWholeParts,
): RedisWhole {
  const commandsOf = ({ id, tenant, createdAtMs: atMs, deadlineMs }: LiveSession) =>
    index.commands({ id, tenant, atMs, deadlineMs });
  return {
    async putRunning(live, leaseMs) {
      const { id, deadlineMs, createdAtMs } = live;
      const { redis } = db;
      // The lease goes first: what runs is always found again.
      const prepared = Promise.all([
        keepSource(live),
        redis.gather('ZADD', db.keys.deadlines, [db.nowMs() + leaseMs, id]),
        redis.sendAll(commandsOf(live)),
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

    async putEnded(live) {
      const kept = results.keep(toRecord(live));
      if (kept === undefined)
        throw new EnclaveError('INTERNAL', `session ${live.id} has an id that tells no time`);
      const page = ['SET', db.keys.page(live.id), packEvents(live.events), 'PX', db.retention.eventsMs];
      await Promise.all([kept, db.redis.sendAll([page, ...commandsOf(live)])]);
    },

    async read(id, after, limit) {
      const record = await results.find(id);
      if (record === undefined) return undefined;
      const text = await db.redis.send('GET', db.keys.page(id), []);
      return page(record, typeof text === 'string' ? unpackEvents(text) : [], after, limit);
    },
  };
}

/** As `write_call` of the Lua files. */
function journaled({ status, brokerId, effect, hash, result }: ToolState): string {
  return [status, brokerId, effect, hash, result].join('|');
}

/** Between the parts of an event, and between events: JSON has neither. */
const [PART, END] = ['\u0001', '\u0002'];

/** Payloads are JSON and stay as they are; a runtime that escaped its sandbox may have sent another text as its result. */
function packEvents(events: readonly StoredEvent[]): string {
  const isText = events.every(({ payload }) => !payload.includes(PART) && !payload.includes(END));
  if (!isText) return JSON.stringify(events.map(({ id, ts, type, payload }) => [id, ts, type, payload]));
  return events
    .map(({ id, ts, type, payload }) => `${id}${PART}${ts}${PART}${type}${PART}${payload}`)
    .join(END);
}

const storedEvents = z.array(z.tuple([z.string(), z.coerce.number(), z.string(), z.string()]));

function unpackEvents(text: string): StoredEvent[] {
  const rows: unknown = text.startsWith('[')
    ? JSON.parse(text)
    : text.split(END).map((event) => event.split(PART));
  return storedEvents
    .parse(rows)
    .flatMap(([id, ts, type, payload]) =>
      isEventType(type) ? [{ id, ts, type, payload, seq: Number(id.slice(id.indexOf('-') + 1)) }] : [],
    );
}
