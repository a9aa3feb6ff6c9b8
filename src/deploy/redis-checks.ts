// What a Redis must be set to for brokers to rely on it, and how far a given one is from it. Pure.

/** Settings as `CONFIG GET` and `INFO` tell them; a setting that could not be read is absent. */
export interface RedisSettings {
  readonly version?: string;
  readonly maxmemory?: string;
  readonly 'maxmemory-policy'?: string;
  readonly appendonly?: string;
  readonly save?: string;
  readonly 'tcp-backlog'?: string;
  readonly timeout?: string;
  readonly 'client-output-buffer-limit'?: string;
  readonly 'stream-node-max-bytes'?: string;
  readonly 'hash-max-listpack-entries'?: string;
  readonly 'hash-max-listpack-value'?: string;
}

export interface RedisCheck {
  readonly id: keyof RedisSettings;
  /** Null where it could not be read. */
  readonly found: string | null;
  readonly needed: string;
  /** `unknown` is never ok. */
  readonly state: 'ok' | 'low' | 'unknown';
  readonly fix: string;
  readonly ifLeft: string;
}

interface Need {
  readonly id: keyof RedisSettings;
  readonly needed: string;
  readonly holds: (found: string) => boolean;
  readonly fix: string;
  readonly ifLeft: string;
}

/** Bytes and seconds of the pub/sub class that Redis ships with. */
const PUBSUB_HARD = 32 * 2 ** 20;
const PUBSUB_SOFT = 8 * 2 ** 20;
/** Brokers ping every 2 s; a shorter idle time-out than this would cut them after a pause. */
const MIN_IDLE_S = 60;

const set = (key: string, value: string): string =>
  `redis-cli CONFIG SET ${key} ${value}, and CONFIG REWRITE`;
const whole = (text: string): number => (/^\d+$/u.test(text) ? Number(text) : Number.NaN);

const NEEDS: readonly Need[] = [
  {
    id: 'version',
    needed: '7.0 or later',
    holds: (found) => whole(found.split('.')[0] ?? '') >= 7,
    fix: 'Redis 7 or later',
    ifLeft: 'brokers do not start: their functions need Redis 7',
  },
  {
    id: 'maxmemory',
    needed: 'a bound, in bytes',
    holds: (found) => whole(found) > 0,
    fix: set('maxmemory', '<three quarters of its memory>'),
    ifLeft: 'Redis grows until the kernel kills it, and with it every session since the last write to disk',
  },
  {
    id: 'maxmemory-policy',
    needed: 'noeviction',
    holds: (found) => found === 'noeviction',
    fix: set('maxmemory-policy', 'noeviction'),
    ifLeft:
      'when memory is short Redis drops sessions and journals of tool calls instead of refusing new ones',
  },
  {
    id: 'appendonly',
    needed: 'yes',
    holds: (found) => found === 'yes',
    fix: set('appendonly', 'yes'),
    ifLeft: 'a restart loses every session since the last snapshot, and all of them without one',
  },
  {
    id: 'save',
    needed: 'nothing, since the append-only file keeps the data',
    holds: (found) => found === '',
    fix: set('save', "''"),
    ifLeft: 'each snapshot forks: pauses, and up to twice the memory while sessions are written',
  },
  {
    id: 'tcp-backlog',
    needed: 'at least 511',
    holds: (found) => whole(found) >= 511,
    fix: 'tcp-backlog 511 in redis.conf and net.core.somaxconn of at least that, then a restart',
    ifLeft: 'brokers that all reconnect at once are dropped and try again a second later',
  },
  {
    id: 'timeout',
    needed: `0, or at least ${MIN_IDLE_S} s`,
    holds: (found) => whole(found) === 0 || whole(found) >= MIN_IDLE_S,
    fix: set('timeout', '0'),
    ifLeft: 'connections of brokers that pause are cut, and calls under way fail',
  },
  {
    id: 'client-output-buffer-limit',
    needed: 'pubsub 33554432 8388608 60 or wider',
    holds: (found) => isWide(found),
    fix: set('client-output-buffer-limit', "'pubsub 33554432 8388608 60'"),
    ifLeft:
      'a broker that falls behind for a moment loses its listener, and its streams wait for the next poll',
  },
  {
    id: 'stream-node-max-bytes',
    needed: '1 to 1024',
    holds: (found) => whole(found) >= 1 && whole(found) <= 1_024,
    fix: set('stream-node-max-bytes', '1024'),
    ifLeft: 'a short session takes 2.5 times the memory: 5.05 KB instead of 1.98 KB with four events',
  },
  {
    id: 'hash-max-listpack-entries',
    needed: 'at least 128',
    holds: (found) => whole(found) >= 128,
    fix: set('hash-max-listpack-entries', '512'),
    ifLeft: 'results of ended sessions take twice the memory',
  },
  {
    id: 'hash-max-listpack-value',
    needed: 'at least 1024',
    holds: (found) => whole(found) >= 1_024,
    fix: set('hash-max-listpack-value', '1024'),
    ifLeft: 'results of ended sessions that are longer than this take twice the memory',
  },
];

/** Every setting, in the order of the table in docs/doctor.md. */
export function checkRedis(settings: RedisSettings): readonly RedisCheck[] {
  return NEEDS.map(({ fix, holds, id, ifLeft, needed }) => {
    const setting = settings[id];
    const found =
      id === 'client-output-buffer-limit' ? /pubsub \d+ \d+ \d+/u.exec(setting ?? '')?.[0] : setting;
    const state = found === undefined ? 'unknown' : holds(found) ? 'ok' : 'low';
    return { id, found: found ?? null, needed, state, fix, ifLeft };
  });
}

/** `pubsub hard soft seconds`, of the three classes that the setting holds; 0 is no limit. */
function isWide(text: string): boolean {
  const [, hard, soft, seconds] = /pubsub (\d+) (\d+) (\d+)/u.exec(text) ?? [];
  if (hard === undefined || soft === undefined || seconds === undefined) return false;
  const atLeast = (value: string, least: number): boolean => whole(value) === 0 || whole(value) >= least;
  return (
    atLeast(hard, PUBSUB_HARD) && atLeast(soft, PUBSUB_SOFT) && (whole(soft) === 0 || whole(seconds) >= 60)
  );
}
