// Reads the settings of a Redis for `enclave doctor`: changes nothing, and closes what it opened.
import { Redis } from 'ioredis';
import type { RedisSettings } from '../deploy/redis-checks.ts';
import { EnclaveError } from '../errors.ts';

const TIMEOUT_MS = 3_000;
const KEYS = [
  'maxmemory',
  'maxmemory-policy',
  'appendonly',
  'save',
  'tcp-backlog',
  'timeout',
  'client-output-buffer-limit',
  'stream-node-max-bytes',
  'hash-max-listpack-entries',
  'hash-max-listpack-value',
] as const;

/**
 * Settings that cannot be read, as with a Redis that forbids CONFIG, are absent.
 *
 * @param url - `redis://` or `rediss://`
 * @throws EnclaveError STORE_UNAVAILABLE when it does not answer within three seconds
 */
export async function readRedisSettings(url: string): Promise<RedisSettings> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason = '';
  // Without a listener ioredis would print it.
  client.on('error', (error: Error) => {
    reason = error.message;
  });
  try {
    await client.connect();
    const info = await client.info('server');
    const version = /^redis_version:(\S+)/mu.exec(info)?.[1];
    const found = await Promise.all(KEYS.map(async (key) => [key, await configOf(client, key)] as const));
    const known = found.filter(([, value]) => value !== undefined);
    return { ...(version === undefined ? {} : { version }), ...Object.fromEntries(known) };
  } catch (cause) {
    const words = reason !== '' ? reason : cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError('STORE_UNAVAILABLE', `Redis did not answer (${words})`, { cause });
  } finally {
    client.disconnect();
  }
}

async function configOf(client: Redis, key: string): Promise<string | undefined> {
  const answer: unknown = await client.config('GET', key).catch(() => undefined);
  const value: unknown = Array.isArray(answer) ? answer[1] : undefined;
  return typeof value === 'string' ? value : undefined;
}
