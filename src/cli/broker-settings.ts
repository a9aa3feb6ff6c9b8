// What settings mean to a broker and to a runtime: their options, their store, their log.
import { realClock } from '../clock.ts';
import type { EnclaveBrokerOptions } from '../enclave-broker-options.ts';
import type { EnclaveRuntimeOptions } from '../enclave-runtime.ts';
import { invalidInput } from '../errors.ts';
import type { Settings } from '../settings/values.ts';
import type { Retention, Store } from '../store/store.ts';
import { createLog, type Log, logBrokerEvents } from '../telemetry/log.ts';
import { readSecretFile } from './broker-flags.ts';
import { type Io, printable } from './io.ts';
import { type OpenTools, openTools } from './open-tools.ts';
import { missingSetting } from './settings-flags.ts';

/** @throws EnclaveError INVALID_INPUT, FILE_NOT_READABLE */
export async function brokerOptionsOf(
  settings: Settings,
  io: Io,
): Promise<{ readonly options: EnclaveBrokerOptions; readonly log: Log }> {
  const auth = await authOf(settings, io);
  const log = createLog({
    level: settings['log.level'],
    write: (line) => io.stderr.write(line),
    base: { part: 'broker' },
    secrets: [auth?.runtimeToken, ...redisSecrets(settings)].filter((text) => text !== undefined),
  });
  const rate = settings['sessions.rate'];
  const burst = settings['sessions.burst'];
  const options: EnclaveBrokerOptions = {
    maxConcurrentSessions: settings['sessions.max'],
    sessionTimeout: settings['sessions.timeout'],
    routingStrategy: settings['routing.strategy'],
    heartbeatInterval: settings['fleet.heartbeat'],
    lease: settings['fleet.lease'],
    reattach: settings['fleet.reattach'],
    streamHeartbeat: settings['stream.heartbeat'],
    clientBuffer: settings['stream.clientBuffer'],
    slowClientTimeout: settings['stream.slowClientTimeout'],
    sampleRate: settings['telemetry.sampleRate'],
    server: {
      readTimeout: settings['server.readTimeout'],
      writeTimeout: settings['server.writeTimeout'],
      idleTimeout: settings['server.idleTimeout'],
    },
    secrets: (name) => io.env[name],
    observe: logBrokerEvents(log, realClock),
    onPoolNotice: ({ kind, message }) => io.stderr.write(`pool ${kind}: ${printable(message)}\n`),
    ...given({
      fallback: settings.fallback === 'none' ? undefined : settings.fallback,
      auth,
      limits: settings.limits,
      routingRules: settings['routing.rules'],
      runtimePool: settings.pool,
      maxSessionsPerTenant: settings['sessions.perTenant'],
      maxQueueWait: settings['sessions.maxQueueWait'],
      rateLimit: rate === undefined ? undefined : { perSecond: rate, ...given({ burst }) },
    }),
  };
  return { options, log };
}

export function runtimeOptionsOf(settings: Settings): EnclaveRuntimeOptions {
  return {
    workerPool: {
      size: settings['runtime.workers'],
      isolation: settings['runtime.isolation'],
      ...given({ limits: settings.limits }),
    },
    slots: settings['runtime.slots'],
    heartbeatInterval: settings['fleet.heartbeat'],
    ...given({ labels: settings['runtime.labels'] }),
  };
}

/** The tools that the settings name, opened. @throws EnclaveError FILE_NOT_READABLE, INVALID_INPUT, TOOLS_UNAVAILABLE */
export async function openToolsOf(settings: Settings, io: Io): Promise<OpenTools> {
  return await openTools(given({ tools: settings['tools.file'], mcp: settings['tools.mcp'] }), io);
}

async function authOf(settings: Settings, io: Io): Promise<EnclaveBrokerOptions['auth'] | undefined> {
  const keys = settings['auth.apiKeyFile'];
  const token = settings['auth.runtimeTokenFile'];
  if (keys === undefined && token === undefined) return undefined;
  if (keys === undefined || token === undefined)
    throw invalidInput('settings', [
      {
        path: '--api-key-file',
        message: 'expected --api-key-file and --runtime-token-file together, got one of them',
      },
    ]);
  return {
    apiKeys: await readSecretFile('--api-key-file', keys, io),
    runtimeToken: (await readSecretFile('--runtime-token-file', token, io)).trim(),
  };
}

function redisSecrets(settings: Settings): (string | undefined)[] {
  const url = URL.parse(settings['redis.url'] ?? '');
  const password = url?.password;
  return [
    settings['redis.password'],
    ...(password === undefined || password === '' ? [] : [password, decodeURIComponent(password)]),
  ];
}

function retentionOf(settings: Settings, usual: Retention): Retention {
  const eventsMs = settings['retention.events'] ?? usual.eventsMs;
  // A result outlives its events, or there would be events of a session that is not known.
  return { eventsMs, resultMs: Math.max(eventsMs, settings['retention.results'] ?? usual.resultMs) };
}

/** The store of one machine: memory, or a SQLite file. @throws EnclaveError FILE_NOT_WRITABLE */
export async function localStoreOf(
  settings: Settings,
  resolvePath: (file: string) => string,
): Promise<Store> {
  const { DEFAULT_RETENTION } = await import('../store/store.ts');
  const file = /^sqlite:(.+)$/u.exec(settings.store)?.[1];
  if (file === undefined) {
    const { createMemoryStore } = await import('../store/memory.ts');
    return createMemoryStore({ clock: realClock, retention: retentionOf(settings, DEFAULT_RETENTION) });
  }
  const { createSqliteStore, SQLITE_RETENTION } = await import('../store/sqlite.ts');
  return createSqliteStore({
    file: resolvePath(file),
    clock: realClock,
    retention: retentionOf(settings, SQLITE_RETENTION),
    busyTimeout: settings['sqlite.busyTimeout'],
    cacheSize: settings['sqlite.cacheSize'],
    mmapSize: settings['sqlite.mmapSize'],
  });
}

/** @throws EnclaveError INVALID_INPUT unless one Redis is named. */
export async function redisStoreOf(settings: Settings): Promise<Store> {
  const { DEFAULT_RETENTION } = await import('../store/store.ts');
  const { createRedisStore } = await import('../store/redis.ts');
  const { redisTemplate } = await import('../store/redis-client.ts');
  const { 'redis.url': url, 'redis.cluster': cluster, 'redis.sentinels': sentinels } = settings;
  const named = [url, cluster, sentinels].filter((each) => each !== undefined).length;
  if (named === 0)
    throw missingSetting('--redis', 'a Redis (--redis, or the setting redis.cluster or redis.sentinels)');
  if (named > 1)
    throw invalidInput('settings', [
      { path: 'redis', message: `expected one of url, cluster and sentinels, got ${named} of them` },
    ]);
  const redis =
    url ??
    redisTemplate({
      cluster,
      sentinels,
      sentinelName: settings['redis.sentinelName'],
      username: settings['redis.username'],
      password: settings['redis.password'],
      tls: settings['redis.tls'],
    });
  return createRedisStore({
    redis,
    clock: realClock,
    retention: retentionOf(settings, DEFAULT_RETENTION),
    commandTimeout: settings['redis.commandTimeout'],
    listenTimeout: settings['redis.listenTimeout'],
    ...given({ prefix: settings['redis.prefix'] }),
  });
}

/** Without what is `undefined`: absence is absence. */
export function given<T extends object>(object: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const there = Object.entries(object).filter(([, value]) => value !== undefined);
  // Only entries were left out.
  return Object.fromEntries(there) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
