// Names of the Redis keys. Braces are literal: Redis Cluster hashes what is between them, so one script's keys share a slot.
import type { Priority } from '../protocol/events.ts';

export interface RedisKeys {
  /** Hash, event stream and tool journal of a session, in this order. */
  readonly session: (id: string) => [string, string, string];
  /** Records of ended sessions, by short id. */
  readonly ended: (bucket: string) => string;
  /** All events of sessions that were written once, when they had ended, by short id; instead of their streams. */
  readonly pages: (bucket: string) => string;
  readonly queue: (route: string, priority: Priority) => string;
  /** The three queues of a route, highest priority first. */
  readonly queues: (route: string) => [string, string, string];
  readonly code: (sha256: string) => string;
  readonly slots: (scope: string) => string;
  /** Stream of the tenant's sessions in the order in which they were written. */
  readonly tenant: (tenant: string) => string;
  readonly bucket: (tenant: string) => string;
  readonly role: (name: string) => string;
  readonly cache: (key: string) => string;
  readonly idempotency: (tenant: string, key: string) => string;
  readonly broker: (id: string) => string;
  readonly brokers: string;
  readonly deadlines: string;
  readonly epoch: string;
  /** Pub/sub channel of one broker, and the one that all hear. */
  readonly channel: (brokerId: string) => string;
  readonly everyone: string;
}

export function createRedisKeys(prefix: string): RedisKeys {
  const of = (name: string) => `${prefix}enclave:${name}`;
  const queue = (route: string, priority: Priority) => of(`q:{${route}:0}:${priority}`);
  return {
    session: (id) => {
      const key = `${prefix}session:{${id}}`;
      return [key, `${key}:events`, `${key}:tools`];
    },
    ended: (bucket) => of(`end:{${bucket}}`),
    pages: (bucket) => of(`page:{${bucket}}`),
    queue,
    queues: (route) => [queue(route, 'high'), queue(route, 'normal'), queue(route, 'low')],
    code: (sha256) => of(`code:{${sha256}}`),
    slots: (scope) => of(`lim:{${scope}}`),
    tenant: (tenant) => of(`idx:{${tenant}}`),
    bucket: (tenant) => of(`rate:{${tenant}}`),
    role: (name) => of(`leader:{${name}}`),
    cache: (key) => of(`cache:{${key}}`),
    idempotency: (tenant, key) => of(`idem:{${tenant}:${key}}`),
    broker: (id) => of(`br:${id}`),
    brokers: of('brs'),
    deadlines: of('dl:{0}'),
    epoch: of('epoch'),
    channel: (brokerId) => of(`bell:${brokerId}`),
    everyone: of('bell'),
  };
}
