// The client of a Redis that is not named by one URL: nodes of a Cluster, or Sentinels that know the master.
import { Cluster, Redis } from 'ioredis';
import { invalidInput, type Problem } from '../errors.ts';
import type { RedisClient } from './redis-connection.ts';

export interface RedisAddress {
  /** `host:port` of some nodes. */
  readonly cluster?: readonly string[] | undefined;
  /** `host:port` of Sentinels, and the name of the master that they watch. */
  readonly sentinels?: readonly string[] | undefined;
  readonly sentinelName: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: boolean;
}

/** A client that is never connected: its settings are copied. @throws EnclaveError INVALID_INPUT */
export function redisTemplate(address: RedisAddress): RedisClient {
  const { cluster, sentinels = [], sentinelName, username, password, tls } = address;
  const common = {
    lazyConnect: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
  if (cluster === undefined)
    return new Redis({ ...common, sentinels: hosts('redis.sentinels', sentinels), name: sentinelName });
  return new Cluster(hosts('redis.cluster', cluster), { lazyConnect: true, redisOptions: common });
}

function hosts(path: string, texts: readonly string[]): { host: string; port: number }[] {
  const problems: Problem[] = [];
  const found = texts.map((text) => {
    const [, host = '', port = ''] = /^\[?([^\s\]]+?)\]?:(\d{1,5})$/u.exec(text) ?? [];
    if (host === '') problems.push({ path, message: `expected host:port, got ${JSON.stringify(text)}` });
    return { host, port: Number(port) };
  });
  if (problems.length > 0) throw invalidInput('settings', problems);
  return found;
}
