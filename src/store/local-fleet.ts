// What brokers of one process share besides sessions: places, tokens, roles, results, and who is there.
import type { Clock } from '../clock.ts';
import type { Archive } from './archive.ts';
import type { BrokerInfo, FleetOperations } from './fleet-operations.ts';

/** Results kept at most, characters: the oldest go first. */
const MAX_CACHE = 64 * 2 ** 20;

interface Bucket {
  tokens: number;
  atMs: number;
}

interface Cached {
  readonly value: string;
  readonly untilMs: number;
}

export function localFleet(archive: Archive, clock: Clock): FleetOperations {
  const slots = new Map<string, Map<string, number>>();
  const buckets = new Map<string, Bucket>();
  const roles = new Map<string, { readonly brokerId: string; readonly untilMs: number }>();
  const brokers = new Map<string, { readonly info: BrokerInfo; readonly untilMs: number }>();
  const cache = new Map<string, Cached>();
  let cachedSize = 0;
  const uncache = (key: string) => {
    cachedSize -= cache.get(key)?.value.length ?? 0;
    cache.delete(key);
  };
  return {
    async acquireSlot(scope, id, limit, untilMs) {
      const held = slots.get(scope) ?? new Map<string, number>();
      slots.set(scope, held);
      if (held.size >= limit && !held.has(id)) {
        // Only a full scope is worth the walk: leaked places have run out, live ones have not.
        for (const [holder, endMs] of held) if (endMs <= clock.wallMs()) held.delete(holder);
        if (held.size >= limit) return false;
      }
      held.set(id, untilMs);
      return true;
    },

    async releaseSlot(scope, id) {
      const held = slots.get(scope);
      held?.delete(id);
      if (held?.size === 0) slots.delete(scope);
    },

    async takeToken(tenant, perSecond, burst) {
      const nowMs = clock.wallMs();
      const bucket = buckets.get(tenant) ?? { tokens: burst, atMs: nowMs };
      buckets.set(tenant, bucket);
      const addedMs = Math.max(0, nowMs - bucket.atMs);
      bucket.tokens = Math.min(burst, bucket.tokens + (addedMs / 1_000) * perSecond);
      bucket.atMs = nowMs;
      const isTaken = bucket.tokens >= 1;
      if (isTaken) bucket.tokens--;
      const waitMs = bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000);
      return { isTaken, remaining: Math.floor(bucket.tokens), waitMs };
    },

    async lead(role, brokerId, ttlMs) {
      const nowMs = clock.wallMs();
      const holder = roles.get(role);
      if (holder !== undefined && holder.untilMs > nowMs && holder.brokerId !== brokerId) return false;
      roles.set(role, { brokerId, untilMs: nowMs + ttlMs });
      return ttlMs > 0;
    },

    async cacheGet(key) {
      const found = cache.get(key);
      if (found === undefined) return undefined;
      if (found.untilMs > clock.wallMs()) return found.value;
      uncache(key);
      return undefined;
    },

    async cachePut(key, value, ttlMs) {
      uncache(key);
      cache.set(key, { value, untilMs: clock.wallMs() + ttlMs });
      cachedSize += value.length;
      for (const old of cache.keys()) {
        if (cachedSize <= MAX_CACHE) break;
        uncache(old);
      }
    },

    async reserveKey(tenant, key, reservation, ttlMs) {
      return archive.reserveKey(`${tenant}:${key}`, reservation, clock.wallMs(), ttlMs);
    },

    async beat(info, ttlMs) {
      brokers.set(info.brokerId, { info, untilMs: clock.wallMs() + ttlMs });
    },

    async fleet() {
      const nowMs = clock.wallMs();
      return brokers
        .values()
        .filter(({ untilMs }) => untilMs > nowMs)
        .map(({ info }) => info)
        .toArray();
    },
  };
}
