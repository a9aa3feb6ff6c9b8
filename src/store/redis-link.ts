// What the parts of the Redis store share: the connection, the names of keys, the server's clock and lineage of data.
import type { Clock } from '../clock.ts';
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

  get brokerId(): string {
    return this.#brokerId;
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

const BELLS = { s: 'session', c: 'cancel', t: 'tool' } as const;

function parseBell(message: string): Bell | undefined {
  const rest = message.slice(2);
  const sign = message[0];
  if (sign === 'q') return { kind: 'route', route: rest };
  return sign === 's' || sign === 'c' || sign === 't' ? { kind: BELLS[sign], id: rest } : undefined;
}
