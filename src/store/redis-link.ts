// What the parts of the Redis store share: the connection, the names of keys, the server's clock and lineage of data.
import type { Clock } from '../clock.ts';
import { isEventType, type StoredEvent, seqOfEventId } from '../protocol/events.ts';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts';
import { createRedisKeys, type RedisKeys } from './redis-keys.ts';
import { texts } from './redis-replies.ts';
import { type Bell, DEFAULT_RETENTION, type Retention, type StoreOptions } from './store.ts';

export interface RedisStoreOptions extends StoreOptions, RedisConnectionOptions {
  /** Put before every key and channel. Default none. */
  readonly prefix?: string;
}

/** Keys of a session outlive its deadline by this much, should every broker forget it, ms. */
export const GRACE_MS = 3_600_000;

const RESYNC_MS = 500;

export class RedisLink {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  readonly retention: Retention;
  readonly #clock: Clock;
  #brokerId = '';
  #onBell: (bell: Bell) => void = () => {};
  #epoch = '0';
  /** Server clock minus ours, ms. */
  #offsetMs = 0;
  #isClosed = false;

  constructor(options: RedisStoreOptions) {
    this.redis = new RedisConnection(options);
    this.keys = createRedisKeys(options.prefix ?? '');
    this.retention = options.retention ?? DEFAULT_RETENTION;
    this.#clock = options.clock;
  }

  /** Calls `work` at the end of this turn of the event loop. */
  readonly defer: (work: () => void) => void = (work) => this.#clock.defer(work);

  get brokerId(): string {
    return this.#brokerId;
  }

  /** The channel on which others tell this broker of news. */
  get ownChannel(): string {
    return this.keys.channel(this.#brokerId);
  }

  /**
   * Rings for events that this broker itself has written: no notice of them goes through Redis.
   * @param told `<event id> <time>` of the last of them, as the scripts give it; empty when this broker does not watch the
   * session; `undefined` when nothing was written now, but may have been by a try whose answer was lost.
   */
  heard(
    id: string,
    told: string | undefined,
    events: readonly Pick<StoredEvent, 'type' | 'payload'>[],
  ): void {
    if (told === '') return;
    const [eventId = '', time] = told?.split(' ') ?? [];
    const lastSeq = seqOfEventId(eventId);
    if (lastSeq === undefined) {
      this.#onBell({ kind: 'session', id });
      return;
    }
    const epoch = eventId.slice(0, eventId.indexOf('-'));
    for (const [i, { type, payload }] of events.entries()) {
      const seq = lastSeq - events.length + 1 + i;
      const event = { id: `${epoch}-${seq}`, seq, ts: Number(time), type, payload };
      this.#onBell({ kind: 'session', id, event });
    }
  }

  /** Raised whenever the server was restarted, failed over or lost its data. */
  get epoch(): string {
    return this.#epoch;
  }

  async ping(): Promise<void> {
    await this.redis.run(() => this.redis.client.ping());
  }

  nowMs(): number {
    return Math.round(this.#clock.wallMs() + this.#offsetMs);
  }

  async open(brokerId: string, onBell: (bell: Bell) => void): Promise<void> {
    this.#brokerId = brokerId;
    this.#onBell = onBell;
    const channels = [this.keys.channel(brokerId), this.keys.everyone];
    const hear = (message: string) => {
      const bell = parseBell(message);
      if (bell !== undefined) onBell(bell);
    };
    let round = 0;
    const resync = (ownRound = ++round) => {
      this.#learnServer().then(
        () => onBell({ kind: 'resync' }),
        // The other connection may come back later than the one that listens. A newer reconnect begins anew.
        () =>
          this.#clock.setBackgroundTimer(RESYNC_MS, () => {
            if (ownRound === round && !this.#isClosed) resync(ownRound);
          }),
      );
    };
    await this.redis.open(channels, hear, () => resync());
    await this.#learnServer();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.redis.close();
  }

  /** The server's clock and the lineage of its data. */
  async #learnServer(): Promise<void> {
    const { redis } = this;
    const before = this.#clock.wallMs();
    const [seconds = 0, micros = 0] = (await redis.run(() => redis.client.time())).map(Number);
    const middle = (before + this.#clock.wallMs()) / 2;
    this.#offsetMs = seconds * 1_000 + micros / 1_000 - middle;
    const runId = await redis.run(() => redis.runId());
    const [epoch = '0'] = texts(await redis.script('epoch', [this.keys.epoch], [runId]));
    this.#epoch = epoch;
  }
}

function parseBell(message: string): Bell | undefined {
  const rest = message.slice(2);
  switch (message[0]) {
    case 'q':
      return { kind: 'route', route: rest };
    case 's':
      return parseSessionBell(rest);
    case 'c':
      return { kind: 'cancel', id: rest };
    case 't':
      return { kind: 'tool', id: rest };
    default:
      return undefined;
  }
}

/** `<session>`, or with a short event: `<session> <event id> <ts> <type> <payload>`. */
function parseSessionBell(text: string): Bell {
  const [id = '', eventId, ts, type] = text.split(' ', 4);
  if (eventId === undefined || ts === undefined || !isEventType(type)) return { kind: 'session', id };
  const payload = text.slice(id.length + eventId.length + ts.length + type.length + 4);
  const seq = seqOfEventId(eventId);
  if (seq === undefined) return { kind: 'session', id };
  return { kind: 'session', id, event: { id: eventId, seq, ts: Number(ts), type, payload } };
}
