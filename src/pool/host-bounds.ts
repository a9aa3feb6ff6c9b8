// What one host process may hold, derived from what a pool lets it run.
import type { Isolation } from '../execution.ts';

/** Resident memory of a host: itself and one bomb that V8 stops late, and what suspended executions hold. Measured, bytes. */
const BASE_RSS_BYTES = 1e9;
const RSS_PER_LIVE_BYTES = { isolate: 1.5e6, context: 0.3e6 } as const;
/** V8 reserves half a GB of address space for the code of each isolate, and the kernel counts that as data, bytes. */
const BASE_DATA_BYTES = 2e9;
const DATA_PER_ISOLATE_BYTES = 0.56e9;
/** Isolates besides those of live executions: a spare, one that is being disposed. */
const EXTRA_ISOLATES = 2;
/** In context mode: those of idle tenants, and up to 150 live executions in each of the others. */
const IDLE_WARM_ISOLATES = 32;
const LIVE_PER_WARM_ISOLATE = 50;

/** Resident memory at which a host is killed, bytes. */
export function maxRssBytes(isolation: Isolation, maxLive: number): number {
  return BASE_RSS_BYTES + maxLive * RSS_PER_LIVE_BYTES[isolation];
}

/** What a host may allocate in all, bytes. */
export function maxDataBytes(isolation: Isolation, maxLive: number): number {
  const inUse = isolation === 'isolate' ? maxLive : IDLE_WARM_ISOLATES + maxLive / LIVE_PER_WARM_ISOLATE;
  return Math.ceil(BASE_DATA_BYTES + (EXTRA_ISOLATES + inUse) * DATA_PER_ISOLATE_BYTES);
}
