// The sessions of each tenant in Redis, as a stream in the order in which they were written: a third of the memory of a sorted set. A
// session and its place here lie on different servers of a Cluster, so a place may outlive its session: it is passed over.
import { z } from 'zod';
import type { RedisLink } from './redis-link.ts';
import type { Args } from './redis-wire.ts';
import { expandSessionId, shortenSessionId } from './session-id.ts';
import type { NewSession, SessionOperations, SessionPlace, SessionRecord } from './store.ts';

/** Between two renewals of a tenant's index by one broker, ms. */
const RENEW_MS = 60_000;
/** Tenants of which a broker knows when it last renewed their index. */
const MAX_TENANTS = 10_000;
/** Places looked at for one answer: a rare state among many sessions is found page by page. */
const MAX_LOOKED_AT = 1_000;
/** Places outlive their sessions by this much, since clocks differ, ms. Brokers of one fleet have one time-out of sessions. */
const SLACK_MS = 60_000;

export interface RedisIndex {
  /** What adds a session. */
  readonly commands: (session: Pick<NewSession, 'id' | 'tenant' | 'atMs' | 'deadlineMs'>) => readonly Args[];
  readonly list: SessionOperations['list'];
}

export function redisIndex(db: RedisLink, find: SessionOperations['find']): RedisIndex {
  const renewedAtMs = new Map<string, number>();
  /** A tenant that comes no more leaves nothing behind. */
  const isToRenew = (tenant: string): boolean => {
    const nowMs = db.nowMs();
    if (nowMs - (renewedAtMs.get(tenant) ?? 0) < RENEW_MS) return false;
    if (renewedAtMs.size >= MAX_TENANTS) renewedAtMs.clear();
    renewedAtMs.set(tenant, nowMs);
    return true;
  };
  return {
    commands({ id, tenant, atMs, deadlineMs }) {
      const key = db.keys.tenant(tenant);
      const lifeMs = deadlineMs - atMs + db.retention.resultMs + SLACK_MS;
      const add = ['XADD', key, 'MINID', '~', Math.max(0, atMs - lifeMs), '*', 'i', shortenSessionId(id)];
      return isToRenew(tenant) ? [add, ['PEXPIRE', key, lifeMs + 2 * RENEW_MS]] : [add];
    },

    async list({ tenant, state, after, limit }) {
      const sessions: SessionRecord[] = [];
      const seen = new Set<string>();
      let place = after;
      for (let looked = 0; looked < MAX_LOOKED_AT; looked += limit) {
        const places = await placesAfter(db, tenant, place, limit);
        const records = await Promise.all(places.map(({ id }) => find(id)));
        for (const [i, record] of records.entries()) {
          place = places[i]?.place;
          if (record === undefined || record.tenant !== tenant || seen.has(record.id)) continue;
          if (state !== undefined && record.state !== state) continue;
          seen.add(record.id);
          sessions.push(record);
          if (sessions.length === limit && place !== undefined) return { sessions, next: place };
        }
        if (places.length < limit) return { sessions };
      }
      return place === undefined ? { sessions } : { sessions, next: place };
    },
  };
}

interface IndexPlace {
  /** Time and number of the entry. */
  readonly place: SessionPlace;
  readonly id: string;
}

const entries = z.array(z.tuple([z.string(), z.tuple([z.string(), z.string()])]));

async function placesAfter(
  db: RedisLink,
  tenant: string,
  after: SessionPlace | undefined,
  limit: number,
): Promise<IndexPlace[]> {
  const most = after === undefined ? '+' : `(${after.atMs}-${after.id}`;
  const reply = await db.redis.send('XREVRANGE', db.keys.tenant(tenant), [most, '-', 'COUNT', limit]);
  return entries.parse(reply).map(([entryId, [, short]]) => {
    const [atMs = '', number = ''] = entryId.split('-');
    return { place: { atMs: Number(atMs), id: number }, id: expandSessionId(short) };
  });
}
