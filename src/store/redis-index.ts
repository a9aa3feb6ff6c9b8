// The sessions of each tenant in Redis, by time. A session and its place here lie on different servers of a Cluster, so a place
// may outlive its session: whoever comes across such a one takes it away.
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import { texts } from './redis-replies.ts';
import { comesAfter } from './session-order.ts';
import type { NewSession, SessionOperations, SessionPlace, SessionRecord } from './store.ts';

/** So many submits of a broker are followed by one look at the oldest places of the tenant. */
const LOOK_EVERY = 16;
const LOOK_AT = 32;
/** Places looked at for one answer: a rare state among many sessions is found page by page. */
const MAX_LOOKED_AT = 1_000;

export function redisIndex(
  db: RedisLink,
  find: SessionOperations['find'],
): { readonly add: (session: NewSession) => Promise<void>; readonly list: SessionOperations['list'] } {
  let submits = 0;
  const drop = async (tenant: string, ids: readonly string[]) => {
    if (ids.length > 0) await db.redis.gather('ZREM', db.keys.tenant(tenant), ids);
  };
  /** Those whose session is not there any more. */
  const gone = async (ids: readonly string[]) => {
    const { redis } = db;
    const keys = ids.map((id) => db.keys.session(id)[0]);
    const [first, ...more] = keys;
    if (first === undefined) return [];
    // All or none, as a rule: one question for all of them, where they lie on one server.
    const count = redis.client.isCluster ? undefined : await redis.send('EXISTS', first, more);
    if (count === 0) return ids;
    if (count === ids.length) return [];
    const there = await Promise.all(keys.map((key) => redis.send('EXISTS', key, [])));
    return ids.filter((_id, i) => there[i] === 0);
  };
  const dropOldest = async (tenant: string) => {
    const key = db.keys.tenant(tenant);
    await db.redis.send('ZREMRANGEBYSCORE', key, ['-inf', db.nowMs() - 24 * GRACE_MS]);
    await drop(tenant, await gone(texts(await db.redis.send('ZRANGE', key, [0, LOOK_AT - 1]))));
  };
  return {
    async add({ id, tenant, atMs }) {
      await db.redis.gather('ZADD', db.keys.tenant(tenant), [atMs, id]);
      // What fails here is done by a later submit.
      if (++submits % LOOK_EVERY === 0) void dropOldest(tenant).catch(() => {});
    },

    async list({ tenant, state, after, limit }) {
      const sessions: SessionRecord[] = [];
      let place = after;
      for (let looked = 0; looked < MAX_LOOKED_AT; looked += limit) {
        const places = await placesAfter(db, tenant, place, limit);
        const records = await Promise.all(places.map(({ id }) => find(id)));
        const old = places.filter(({ atMs }, i) => records[i] === undefined && isOld(db, atMs));
        await drop(
          tenant,
          old.map(({ id }) => id),
        );
        for (const [i, record] of records.entries()) {
          place = places[i];
          if (record === undefined || record.tenant !== tenant) continue;
          if (state !== undefined && record.state !== state) continue;
          sessions.push(record);
          if (sessions.length === limit && place !== undefined) return { sessions, next: place };
        }
        if (places.length < limit) return { sessions };
      }
      return place === undefined ? { sessions } : { sessions, next: place };
    },
  };
}

/** A place is written just before its session. */
function isOld(db: RedisLink, atMs: number): boolean {
  return db.nowMs() - atMs > 60_000;
}

async function placesAfter(
  db: RedisLink,
  tenant: string,
  after: SessionPlace | undefined,
  limit: number,
): Promise<SessionPlace[]> {
  const key = db.keys.tenant(tenant);
  const places: SessionPlace[] = [];
  const most = after === undefined ? '+inf' : String(after.atMs);
  // Several sessions of one millisecond have one score: those up to the place are passed over.
  for (let offset = 0; places.length < limit; offset += limit) {
    const reply = await db.redis.run(() =>
      db.redis.client.zrange(key, most, '-inf', 'BYSCORE', 'REV', 'LIMIT', offset, limit, 'WITHSCORES'),
    );
    for (let i = 0; i < reply.length; i += 2) {
      const place = { id: reply[i] ?? '', atMs: Number(reply[i + 1]) };
      if (after === undefined || comesAfter(place, after)) places.push(place);
    }
    if (reply.length < 2 * limit) break;
  }
  return places.slice(0, limit);
}
