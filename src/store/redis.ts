// Sessions in Redis 7 or later, single or Cluster: any number of brokers share them. Every change is one Lua file.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { PRIORITIES, type Priority } from '../protocol/events.ts';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts';
import { createRedisKeys, type RedisKeys } from './redis-keys.ts';
import {
  parseBroker,
  parseClaim,
  parseEntries,
  parsePage,
  parseReservation,
  parseStreamEntries,
  parseToolBegin,
  texts,
} from './redis-replies.ts';
import {
  type Bell,
  type BrokerInfo,
  type ClaimReply,
  type ClaimRequest,
  DEFAULT_RETENTION,
  type DispatchEntry,
  type EventCursor,
  type EventPage,
  type Finish,
  type KeyReservation,
  LATE_SUBMIT_MS,
  type NewSession,
  type Retention,
  type SessionRecord,
  type Store,
  type StoreOptions,
  type ToolBegin,
  type ToolBeginReply,
  type ToolEnd,
} from './store.ts';

export interface RedisStoreOptions extends StoreOptions, RedisConnectionOptions {
  /** Put before every key and channel. Default none. */
  readonly prefix?: string;
}

/** Keys of a session outlive its deadline by this much, should every broker forget it, ms. */
const GRACE_MS = 3_600_000;
const CODE_TTL_MS = 3_600_000;

export function createRedisStore(options: RedisStoreOptions): Store {
  return new RedisStore(options);
}

class RedisStore implements Store {
  readonly kind = 'redis';
  readonly #redis: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #clock: Clock;
  readonly #retention: Retention;
  #brokerId = '';
  #epoch = '0';
  /** Server clock minus ours, ms. */
  #offsetMs = 0;

  constructor(options: RedisStoreOptions) {
    this.#redis = new RedisConnection(options);
    this.#keys = createRedisKeys(options.prefix ?? '');
    this.#clock = options.clock;
    this.#retention = options.retention ?? DEFAULT_RETENTION;
  }

  async open(brokerId: string, onBell: (bell: Bell) => void): Promise<void> {
    this.#brokerId = brokerId;
    const channels = [this.#keys.channel(brokerId), this.#keys.everyone];
    const hear = (message: string) => {
      const bell = parseBell(message);
      if (bell !== undefined) onBell(bell);
    };
    const resync = () => {
      // Should the server be gone again, the next reconnect comes back here.
      this.#learnServer().then(
        () => onBell({ kind: 'resync' }),
        () => {},
      );
    };
    await this.#redis.open(channels, hear, resync);
    await this.#learnServer();
  }

  /** The server's clock and the lineage of its data. */
  async #learnServer(): Promise<void> {
    await this.#redis.run(async () => {
      const before = this.#clock.wallMs();
      const [seconds = 0, micros = 0] = (await this.#redis.client.time()).map(Number);
      const middle = (before + this.#clock.wallMs()) / 2;
      this.#offsetMs = seconds * 1_000 + micros / 1_000 - middle;
      const [epoch = '0'] = texts(
        await this.#redis.script('epoch', [this.#keys.epoch], [await this.#redis.runId()]),
      );
      this.#epoch = epoch;
    });
  }

  async ping(): Promise<void> {
    await this.#redis.run(() => this.#redis.client.ping());
  }

  nowMs(): number {
    return Math.round(this.#clock.wallMs() + this.#offsetMs);
  }

  async submit(session: NewSession): Promise<'created' | 'exists' | 'late'> {
    const { id, route, priority, deadlineMs, source } = session;
    const code = createHash('sha256').update(source).digest('base64url');
    const [hash, events] = this.#keys.session(id);
    const { client } = this.#redis;
    // In this order: what exists has been queued before. On one server the three go out as one pipeline;
    // on a Cluster they may reach three servers, so the last waits for the others.
    const prepared = this.#redis.run(() =>
      Promise.all([
        client.set(this.#keys.code(code), source, 'PX', CODE_TTL_MS + deadlineMs - session.atMs),
        client.zadd(this.#keys.deadlines, deadlineMs, id),
        client.xadd(this.#keys.queue(route, priority), '*', 'id', id, 'at', session.atMs),
      ]),
    );
    if (client.isCluster) await prepared;
    const created = this.#redis.script(
      'submit',
      [hash, events],
      [
        session.atMs,
        LATE_SUBMIT_MS,
        deadlineMs,
        Math.max(1, deadlineMs - session.atMs + GRACE_MS),
        this.#epoch,
        session.init,
        session.watcher === undefined ? '' : this.#keys.channel(session.watcher),
        session.tenant,
        route,
        priority,
        JSON.stringify(session.labels),
        session.request,
        code,
      ],
    );
    const rung = this.#redis.run(() => client.publish(this.#keys.everyone, `q:${route}`));
    const [reply] = await Promise.all([created, prepared, rung]);
    return oneOf(texts(reply)[0], ['created', 'exists', 'late']);
  }

  async claim(request: ClaimRequest): Promise<ClaimReply> {
    const [hash, events] = this.#keys.session(request.id);
    const { entryId, runtimeId, brokerId, isTakeover } = request;
    const reply = await this.#redis.script(
      'claim',
      [hash, events],
      [entryId, runtimeId, brokerId, this.#epoch, isTakeover ? 1 : 0, JSON.stringify(runtimeId)],
    );
    return await parseClaim(texts(reply), async (code) => {
      const source = await this.#redis.run(() => this.#redis.client.get(this.#keys.code(code)));
      return source ?? '';
    });
  }

  async adopt(id: string, fence: string, brokerId: string): ReturnType<Store['adopt']> {
    const [hash] = this.#keys.session(id);
    const reply = texts(await this.#redis.script('adopt', [hash], [fence, brokerId]));
    const [code, entryId = '', route = '', priority, created, cancelled, request = '{}'] = reply;
    if (code !== 'ok') return { code: 'stale' };
    const entry: DispatchEntry = {
      entryId,
      id,
      route,
      priority: oneOf(priority, PRIORITIES),
      atMs: Number(created),
    };
    await this.renew([entry]);
    return { code: 'ok', entry, request, isCancelled: cancelled === '1' };
  }

  async append(id: string, fence: string, n: number, payload: string): Promise<'ok' | 'dup' | 'stale'> {
    const [hash, events] = this.#keys.session(id);
    const reply = await this.#redis.script('append', [hash, events], [fence, n, payload]);
    return oneOf(texts(reply)[0], ['ok', 'dup', 'stale']);
  }

  async toolBegin(call: ToolBegin): Promise<ToolBeginReply> {
    const { fence, callId, brokerId, effect, hash, event, goneBroker = '-' } = call;
    return parseToolBegin(
      texts(
        await this.#redis.script('tool-begin', this.#keys.session(call.id), [
          fence,
          callId,
          brokerId,
          effect,
          hash,
          event,
          goneBroker,
          GRACE_MS,
        ]),
      ),
    );
  }

  async toolEnd(call: ToolEnd): Promise<'ok' | 'already'> {
    const { callId, ok, result, event } = call;
    const args = [callId, ok ? 1 : 0, result, event, this.#keys.channel('')];
    const reply = await this.#redis.script('tool-end', this.#keys.session(call.id), args);
    return oneOf(texts(reply)[0], ['ok', 'already']);
  }

  async finish({ id, fence, owner = '', state, final }: Finish): Promise<'ok' | 'stale' | 'already'> {
    const { eventsMs, resultMs } = this.#retention;
    const args = [fence, state, final, eventsMs, resultMs, owner];
    const reply = await this.#redis.script('finish', this.#keys.session(id), args);
    return oneOf(texts(reply)[0], ['ok', 'stale', 'already']);
  }

  async cancel(id: string, final: string): Promise<'cancelled' | 'marked' | 'done' | 'missing'> {
    const { eventsMs, resultMs } = this.#retention;
    const args = [final, eventsMs, resultMs, this.#keys.channel('')];
    const reply = await this.#redis.script('cancel', this.#keys.session(id), args);
    return oneOf(texts(reply)[0], ['cancelled', 'marked', 'done', 'missing']);
  }

  async release(id: string, fence: string, reason: string): Promise<'ok' | 'stale'> {
    const [hash, events] = this.#keys.session(id);
    const payload = JSON.stringify({ reason });
    const reply = texts(await this.#redis.script('release', [hash, events], [fence, payload]));
    const [code, entryId = '', route = '', priority] = reply;
    if (code !== 'ok') return 'stale';
    // A crash from here on leaves the old entry to the reaper, which finds a queued session and hands it out.
    const entry = { entryId, id, route, priority: oneOf(priority, PRIORITIES), atMs: 0 };
    await this.#redis.run(async () => {
      const queue = this.#keys.queue(route, entry.priority);
      await this.#redis.client.xadd(queue, '*', 'id', id, 'at', this.nowMs());
      await this.#redis.client.publish(this.#keys.everyone, `q:${route}`);
    });
    await this.settle(entry);
    return 'ok';
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    return (await this.read(id, { seq: 0 }, 1))?.record;
  }

  async read(
    id: string,
    after: EventCursor,
    limit: number,
    watcher?: string,
  ): Promise<EventPage | undefined> {
    const [hash, events] = this.#keys.session(id);
    const bell = watcher === undefined ? '' : this.#keys.channel(watcher);
    const args = [after.seq, after.epoch ?? '', limit, bell];
    return parsePage(id, await this.#redis.script('read', [hash, events], args));
  }

  async overdue(limit: number): Promise<readonly string[]> {
    return await this.#redis.run(() =>
      this.#redis.client.zrangebyscore(this.#keys.deadlines, '-inf', this.nowMs(), 'LIMIT', 0, limit),
    );
  }

  async dropDeadline(id: string): Promise<void> {
    await this.#redis.run(() => this.#redis.client.zrem(this.#keys.deadlines, id));
  }

  async take(
    route: string,
    quota: Readonly<Record<Priority, number>>,
    total: number,
  ): Promise<DispatchEntry[]> {
    const args = [this.#brokerId, total, quota.high, quota.normal, quota.low];
    return parseEntries(await this.#redis.script('take', this.#keys.queues(route), args), route);
  }

  async renew(entries: readonly DispatchEntry[]): Promise<void> {
    const byQueue = Map.groupBy(entries, ({ route, priority }) => this.#keys.queue(route, priority));
    await this.#redis.run(() =>
      Promise.all(
        byQueue.entries().map(([queue, taken]) => {
          const ids = taken.map(({ entryId }) => entryId);
          // JUSTID: a renewal is no delivery. A queue that is gone has nothing to renew.
          return this.#redis.client
            .call('XCLAIM', queue, 'rt', this.#brokerId, '0', ...ids, 'JUSTID')
            .catch(ignoreNoGroup);
        }),
      ),
    );
  }

  async reap(route: string, idleMs: number, limit: number): Promise<DispatchEntry[]> {
    const found: DispatchEntry[] = [];
    for (const priority of PRIORITIES) {
      const reply = await this.#redis.run(() =>
        this.#redis.client
          .call(
            'XAUTOCLAIM',
            this.#keys.queue(route, priority),
            'rt',
            this.#brokerId,
            String(idleMs),
            '0',
            'COUNT',
            String(limit),
          )
          .catch(ignoreNoGroup),
      );
      if (Array.isArray(reply)) found.push(...parseStreamEntries(reply[1], route, priority));
    }
    return found;
  }

  async settle({ entryId, route, priority }: DispatchEntry): Promise<void> {
    const queue = this.#keys.queue(route, priority);
    // Deleted only after it was delivered and acknowledged: else the group's lag would become unknown.
    await this.#redis.run(() =>
      Promise.all([
        this.#redis.client.xack(queue, 'rt', entryId),
        this.#redis.client.xdel(queue, entryId),
      ]).catch(ignoreNoGroup),
    );
  }

  async depth(route: string): Promise<number> {
    const reply = await this.#redis.script('depth', this.#keys.queues(route), []);
    return Array.isArray(reply) ? Number(reply[0]) : 0;
  }

  async acquireSlot(scope: string, id: string, limit: number, untilMs: number): Promise<boolean> {
    const reply = await this.#redis.script('slot-acquire', [this.#keys.slots(scope)], [id, limit, untilMs]);
    return texts(reply)[0] === 'ok';
  }

  async releaseSlot(scope: string, id: string): Promise<void> {
    await this.#redis.run(() => this.#redis.client.zrem(this.#keys.slots(scope), id));
  }

  async reserveKey(
    tenant: string,
    key: string,
    reservation: KeyReservation,
    ttlMs: number,
  ): Promise<KeyReservation | undefined> {
    const name = this.#keys.idempotency(tenant, key);
    const known = await this.#redis.run(() =>
      this.#redis.client.set(name, JSON.stringify(reservation), 'PX', ttlMs, 'NX', 'GET'),
    );
    return known === null ? undefined : parseReservation(String(known));
  }

  async beat(info: BrokerInfo, ttlMs: number): Promise<void> {
    const { client } = this.#redis;
    await this.#redis.run(() =>
      Promise.all([
        client.set(this.#keys.broker(info.brokerId), JSON.stringify(info), 'PX', ttlMs),
        client.zadd(this.#keys.brokers, this.nowMs() + ttlMs, info.brokerId),
        client.zremrangebyscore(this.#keys.brokers, '-inf', this.nowMs() - GRACE_MS),
      ]),
    );
  }

  async fleet(): Promise<readonly BrokerInfo[]> {
    const { client } = this.#redis;
    return await this.#redis.run(async () => {
      const ids = await client.zrangebyscore(this.#keys.brokers, this.nowMs(), '+inf');
      const found = await Promise.all(ids.map((id) => client.get(this.#keys.broker(id))));
      return found.flatMap((json) => (json === null ? [] : parseBroker(json)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.close();
  }
}

const BELLS = { s: 'session', c: 'cancel', t: 'tool' } as const;

function parseBell(message: string): Bell | undefined {
  const rest = message.slice(2);
  const sign = message[0];
  if (sign === 'q') return { kind: 'route', route: rest };
  return sign === 's' || sign === 'c' || sign === 't' ? { kind: BELLS[sign], id: rest } : undefined;
}

/** A queue without its group has nothing taken: there is nothing to renew, reap or settle. */
function ignoreNoGroup(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('NOGROUP')) return undefined;
  throw error;
}

function oneOf<const T extends string>(text: string | undefined, codes: readonly T[]): T {
  const found = codes.find((code) => code === text);
  if (found !== undefined) return found;
  throw new TypeError(`a script answered ${JSON.stringify(text)}`);
}
