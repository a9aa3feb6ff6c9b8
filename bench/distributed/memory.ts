// What one session takes in Redis: while it runs, when it has ended, and when only its result is kept.
import { Redis } from 'ioredis';
import { freePort, startRedis } from './fleet.ts';

export interface SessionMemory {
  readonly liveBytes: number;
  readonly endedBytes: number;
  readonly compactedBytes: number;
  /** What Redis needs for a key of that name with an expiry and nothing in it: what one key for each session would take at least. */
  readonly floorBytes: number;
}

const SESSIONS = 4_000;
const AT_ONCE = 100;
/** Far fewer than there are sessions: the results of many lie in one key. */
const SHARED_KEYS = SESSIONS / 4;
/** How long the events of an ended session are kept here, ms: long enough to measure before they go. */
const EVENTS_MS = 4_000;
const WAIT_MS = 30_000;
/** Redis looks for what has expired ten times a second. */
const LOOK_MS = 500;

const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
const { createRedisStore } = (await import(
  dist('store/redis.js')
)) as typeof import('../../src/store/redis.ts');
const { createSessionId } = (await import(
  dist('store/session-id.js')
)) as typeof import('../../src/store/session-id.ts');
const { realClock } = (await import(dist('clock.js'))) as typeof import('../../src/clock.ts');

/** Each session has four events when it has ended: session_init, started, one line of output, final. */
export async function measureMemory(): Promise<SessionMemory> {
  const port = await freePort();
  await using _server = await startRedis(port);
  const redis = new Redis(port);
  await using store = createRedisStore({
    redis,
    clock: realClock,
    retention: { eventsMs: EVENTS_MS, resultMs: 10 * EVENTS_MS },
  });
  try {
    await store.open('b_bench', () => {});
    const usedBytes = async () => Number(/used_memory:(\d+)/u.exec(await redis.info('memory'))?.[1]);
    const floorBytes = await measureFloor(redis, usedBytes);
    // Scripts, buffers and the queue are no session's.
    const [warmId = '', warmFence = ''] = await start(store);
    await store.finish({ id: warmId, fence: warmFence, state: 'completed', final: '{"ok":true}' });
    const emptyBytes = await usedBytes();
    const fences: [string, string][] = [];
    await inTurns(async () => fences.push(await start(store)));
    const liveBytes = await usedBytes();
    await inTurns(async (n) => {
      const [id = '', fence = ''] = fences[n] ?? [];
      await store.finish({ id, fence, state: 'completed', final: '{"ok":true,"result":2}' });
    });
    const endedBytes = await usedBytes();
    const giveUpMs = performance.now() + WAIT_MS;
    // Until nothing more expires: the last sessions ended a while after the first.
    for (let [keys, before] = [Infinity, Infinity]; performance.now() < giveUpMs; ) {
      [keys, before] = [await redis.dbsize(), keys];
      if (keys <= SHARED_KEYS && keys === before) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const compactedBytes = await usedBytes();
    const each = (bytes: number) => (bytes - emptyBytes) / SESSIONS;
    return {
      liveBytes: each(liveBytes),
      endedBytes: each(endedBytes),
      compactedBytes: each(compactedBytes),
      floorBytes,
    };
  } finally {
    redis.disconnect();
  }
}

async function measureFloor(redis: Redis, usedBytes: () => Promise<number>): Promise<number> {
  const before = await usedBytes();
  const ids = Array.from({ length: SESSIONS }, () => createSessionId(Date.now()));
  const key = (n: number) => `session:{${ids[n]}}`;
  await inTurns((n) => redis.set(key(n), '', 'PX', 600_000));
  const bytes = (await usedBytes()) - before;
  await inTurns((n) => redis.unlink(key(n)));
  return bytes / SESSIONS;
}

async function start(store: import('../../src/store/store.ts').Store): Promise<[string, string]> {
  const atMs = store.nowMs();
  const id = createSessionId(atMs);
  const deadlineMs = atMs + 300_000;
  await store.submit({
    id,
    tenant: '',
    route: 'any',
    priority: 'normal',
    labels: {},
    source: 'return 1 + 1',
    request: JSON.stringify({ args: {}, language: 'js', filename: 'script.js', limits: {} }),
    atMs,
    deadlineMs,
    init: JSON.stringify({ streamUrl: `/sessions/${id}/stream`, expiresAt: deadlineMs }),
  });
  const [entry] = await store.take('any', { high: 0, normal: 1, low: 0 }, 1);
  if (entry === undefined) throw new Error('nothing to take');
  const { entryId } = entry;
  const claim = await store.claim({
    id: entry.id,
    entryId,
    runtimeId: 'r_bench',
    brokerId: 'b_bench',
    isTakeover: false,
    claimId: entryId,
  });
  if (claim.code !== 'ok') throw new Error(`claim: ${claim.code}`);
  await store.append(entry.id, claim.fence, 1, '{"level":"log","message":"hello"}');
  // As the dispatcher does once it has ended; here already, so that live sessions are counted without their queue.
  await store.settle(entry);
  await store.dropDeadline(entry.id);
  return [entry.id, claim.fence];
}

async function inTurns(work: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < SESSIONS; from += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => work(from + i)));
}
