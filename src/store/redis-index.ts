// The sessions of each tenant in Redis, as a stream in the order in which they were written: a third of the memory of a sorted set. A
// session and its place here lie on different servers of a Cluster, so a place may outlive its session: it is passed over.
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import type { RedisLink } from './redis-link.ts';
import type { Gatherer } from './redis-wire.ts';
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
  /** Adds a session: those of one turn of the event loop are one entry. */
  readonly add: (
    gatherer: Gatherer,
    session: Pick<NewSession, 'id' | 'tenant' | 'atMs' | 'deadlineMs'>,
  ) => void;
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
    add(gatherer, { id, tenant, atMs, deadlineMs }) {
      const key = db.keys.tenant(tenant);
      const lifeMs = deadlineMs - atMs + db.retention.resultMs + SLACK_MS;
      const before = ['MINID', '~', Math.max(0, atMs - lifeMs), '*', 'i'];
      gatherer.join('XADD', key, before, shortenSessionId(id));
      if (isToRenew(tenant)) gatherer.once('PEXPIRE', key, lifeMs + 2 * RENEW_MS);
    },

    async list({ tenant, state, after, limit }) {
      const sessions: SessionRecord[] = [];
      const seen = new Set<string>();
      let place = after;
      for (let looked = 0; looked < MAX_LOOKED_AT; looked += limit) {
        const { places, isLast } = await placesAfter(db, tenant, place, limit);
        const records = await Promise.all(places.map(({ id }) => find(id)));
        for (const [i, record] of records.entries()) {
          place = places[i]?.place;
          if (record === undefined || record.tenant !== tenant || seen.has(record.id)) continue;
          if (state !== undefined && record.state !== state) continue;
          seen.add(record.id);
          sessions.push(record);
          if (sessions.length === limit && place !== undefined) return { sessions, next: place };
        }
        if (isLast) return { sessions };
      }
      return place === undefined ? { sessions } : { sessions, next: place };
    },
  };
}

interface IndexPlace {
  /** Time of the entry, and behind its number how many of its sessions come before what follows. */
  readonly place: SessionPlace;
  readonly id: string;
}

const entries = z.array(z.tuple([z.string(), z.tuple([z.string(), z.string()])]));

/** Of an entry and how many of its sessions come before. */
const PLACE = /^(\d{1,20})_(\d{1,6})$/u;

/** Newest first, at most `limit`. @throws EnclaveError INVALID_INPUT */
async function placesAfter(
  db: RedisLink,
  tenant: string,
  after: SessionPlace | undefined,
  limit: number,
): Promise<{ readonly places: readonly IndexPlace[]; readonly isLast: boolean }> {
  const [, number, given = '0'] = after === undefined ? [] : (PLACE.exec(after.id) ?? []);
  if (after !== undefined && number === undefined)
    throw new EnclaveError('INVALID_INPUT', 'cursor: expected one that a list gave');
  const most = after === undefined ? '+' : `${after.atMs}-${number}`;
  // The first may have no more to give.
  const range = [most, '-', 'COUNT', limit + 1];
  const found = entries.parse(await db.redis.send('XREVRANGE', db.keys.tenant(tenant), range));
  const places = found.flatMap(([entryId, [, words]]) => placesOf(entryId, words));
  const skipped = found[0]?.[0] === most ? Number(given) : 0;
  return {
    places: places.slice(skipped, skipped + limit),
    isLast: found.length <= limit && places.length <= skipped + limit,
  };
}

function placesOf(entryId: string, words: string): IndexPlace[] {
  const [atMs = '', number = ''] = entryId.split('-');
  return words
    .split(' ')
    .reverse()
    .map((short, i) => ({
      place: { atMs: Number(atMs), id: `${number}_${i + 1}` },
      id: expandSessionId(short),
    }));
}
