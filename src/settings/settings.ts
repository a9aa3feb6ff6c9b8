// Every setting of serve, broker and runtime: its name, what it takes, what it is unless given. One table: files, environment,
// flags, `enclave config print` and the documentation are fed from it.
import { z } from 'zod';
import { LOG_LEVELS } from '../telemetry/log-levels.ts';
import { count, DAY_MS, type Field, file, MIB, maybeTime, port, time } from './field.ts';
import {
  choice,
  duration,
  executionLimits,
  labelMap,
  list,
  perSecond,
  poolSize,
  ratio,
  routingRules,
  size,
  text,
  whole,
  yesNo,
} from './kinds.ts';
import { runtimePool } from './runtime-pool.ts';
import type { SettingName, Settings } from './values.ts';

export const FIELDS: { readonly [Name in SettingName]: Field<Settings[Name]> } = {
  'server.host': {
    schema: text('an address'),
    fallback: '127.0.0.1',
    about: 'address to listen on; another machine needs keys',
    flag: '--host',
  },
  'server.port': { ...port, fallback: 3_001, about: 'port to listen on; 0 takes a free one', flag: '--port' },
  'server.readTimeout': time(30_000, 'a request must have come in after this'),
  'server.writeTimeout': time(60_000, 'an answer that nobody takes is given up after this; streams are not'),
  'server.idleTimeout': time(120_000, 'a connection is closed when no request came for so long'),
  'server.drain': {
    schema: duration(0, DAY_MS, 'from 0s to 24h'),
    fallback: 10_000,
    about: 'at SIGTERM: how long sessions of a broker may take to end',
    unit: 'ms',
    flag: '--drain',
  },
  'auth.apiKeyFile': file('lines of "<key> <tenant> [scopes]": who may run scripts', '--api-key-file'),
  'auth.runtimeTokenFile': file('the token that runtimes must present', '--runtime-token-file'),
  'stream.heartbeat': time(15_000, 'silence on an event stream ends with a heartbeat after this'),
  'stream.clientBuffer': count(256, 65_536, 'from 1 to 65536', 'events in hand for one reader of a stream'),
  'stream.slowClientTimeout': time(30_000, 'a reader that takes nothing for so long is cut; it may resume'),
  'retention.events': maybeTime('how long events of ended sessions are kept: 1 min, in SQLite 24 h'),
  'retention.results': maybeTime('how long results of ended sessions are kept: 5 min, in SQLite 24 h'),
  store: {
    schema: text('memory or sqlite:FILE').refine(
      (value) => value === 'memory' || /^sqlite:./u.test(value),
      'expected memory or sqlite:FILE',
    ),
    fallback: 'memory',
    about: 'where serve keeps sessions: memory, or sqlite:FILE, which survives a restart',
    flag: '--store',
  },
  fallback: {
    schema: choice(['none', 'memory']),
    fallback: 'none',
    about: 'while Redis is away: memory runs sessions without an idempotency key on runtimes of the broker',
    flag: '--fallback',
  },
  'sqlite.busyTimeout': time(5_000, 'how long to wait for another process that holds the file'),
  'sqlite.cacheSize': {
    schema: size(0, 64 * 1_024 * MIB, 'from 0B to 64GiB'),
    fallback: 2_000 * 1_024,
    about: 'pages that SQLite keeps in memory',
    unit: 'bytes',
  },
  'sqlite.mmapSize': {
    schema: size(0, 64 * 1_024 * MIB, 'from 0B to 64GiB'),
    fallback: 0,
    about: 'how much of the file SQLite maps into memory',
    unit: 'bytes',
  },
  'redis.url': {
    schema: text('a redis:// or rediss:// URL').refine(
      (value) => /^rediss?:\/\//u.test(value),
      'expected redis://[:password@]host:port[/db]',
    ),
    fallback: undefined,
    about: 'redis://[:password@]host:port[/db] of a Redis 7 or later',
    flag: '--redis',
  },
  'redis.cluster': {
    schema: list('host:port of nodes'),
    fallback: undefined,
    about: 'host:port of some nodes of a Redis Cluster, instead of the URL',
  },
  'redis.sentinels': {
    schema: list('host:port of Sentinels'),
    fallback: undefined,
    about: 'host:port of Redis Sentinels, instead of the URL',
  },
  'redis.sentinelName': {
    schema: text('a name'),
    fallback: 'mymaster',
    about: 'name of the master that the Sentinels watch',
  },
  'redis.username': {
    schema: text('a name'),
    fallback: undefined,
    about: 'of Cluster or Sentinel; else part of the URL',
  },
  'redis.password': {
    schema: text('a password'),
    fallback: undefined,
    about: 'of Cluster or Sentinel; else part of the URL',
    isSecret: true,
  },
  'redis.tls': {
    schema: yesNo(),
    fallback: false,
    about: 'of Cluster or Sentinel; else rediss:// in the URL',
  },
  'redis.prefix': {
    schema: text('a prefix'),
    fallback: undefined,
    about: 'put before every key and channel',
  },
  'redis.commandTimeout': time(3_000, 'a command that is not answered by then fails'),
  'redis.listenTimeout': time(
    3_000,
    'the connection that waits for news is made anew when it does not answer a ping for so long',
  ),
  'sessions.max': count(
    1_000,
    1e6,
    'from 1 to 1M',
    'sessions queued or running in the fleet',
    '--max-sessions',
  ),
  'sessions.perTenant': {
    schema: whole(1, 1e6, 'from 1 to 1M'),
    fallback: undefined,
    about: 'the same for one tenant; as many unless given',
  },
  'sessions.timeout': time(300_000, 'a session that has not ended by then fails', '--session-timeout'),
  'sessions.maxQueueWait': maybeTime('a submit that would wait longer is refused; the session time-out'),
  'sessions.rate': {
    schema: perSecond(),
    fallback: undefined,
    about: 'submits per second of one tenant; unbounded unless given',
  },
  'sessions.burst': {
    schema: whole(1, 1e6, 'from 1 to 1M'),
    fallback: undefined,
    about: 'submits at once after a pause; one second of sessions.rate',
  },
  limits: {
    schema: executionLimits(),
    fallback: undefined,
    about: 'limits of every execution, such as {cpuMs: 500}; a caller may lower them',
  },
  'routing.strategy': {
    schema: choice(['label-match', 'least-loaded', 'round-robin']),
    fallback: 'label-match',
    about: 'how one of the runtimes that fit is chosen',
  },
  'routing.rules': {
    schema: routingRules(),
    fallback: undefined,
    about: 'sessions with these labels need such a runtime: priority=high:tier=premium',
    flag: '--route',
  },
  'fleet.heartbeat': time(5_000, 'a runtime silent for 2.5 of these is lost'),
  'fleet.lease': time(15_000, 'work of a broker that is silent for so long is taken over'),
  'fleet.reattach': time(1_000, 'how long sessions wait for a runtime whose line was cut'),
  pool: {
    schema: runtimePool(),
    fallback: undefined,
    about: 'a pool of runtimes that the broker keeps, such as {driver: local, maxSize: 4}',
  },
  'tools.file': file('tools file (.ts or .js) whose tools scripts may call', '--tools'),
  'tools.mcp': file('JSON file of MCP servers', '--mcp'),
  'runtime.broker': {
    schema: text('URLs of brokers'),
    fallback: undefined,
    about: 'ws://, wss://, http:// or https:// of a broker; several with commas',
    flag: '--broker',
  },
  'runtime.tokenFile': file('the token that the broker asks runtimes for', '--token-file'),
  'runtime.labels': {
    schema: labelMap(),
    fallback: undefined,
    about: 'labels that sessions are routed by, such as region=eu',
    flag: '--label',
  },
  'runtime.workers': {
    schema: poolSize(),
    fallback: 'cpu',
    about: 'host processes: a number, or cpu, io, mixed',
    flag: '--workers',
  },
  'runtime.isolation': {
    schema: choice(['isolate', 'context']),
    fallback: 'isolate',
    about: 'isolate or context',
    flag: '--isolation',
  },
  'runtime.slots': count(128, 4_096, 'from 1 to 4096', 'scripts under way at one time', '--slots'),
  'runtime.drain': {
    schema: duration(0, DAY_MS, 'from 0s to 24h'),
    fallback: 30_000,
    about: 'at SIGTERM: how long scripts of a runtime may take to end',
    unit: 'ms',
    flag: '--drain',
  },
  'telemetry.sampleRate': {
    schema: ratio(),
    fallback: 1,
    about: 'share of sessions that are traced, 0 to 1; a caller that is traced decides for its own',
  },
  'telemetry.metricsHost': {
    schema: text('an address'),
    fallback: '127.0.0.1',
    about: 'address of the metrics port',
    flag: '--metrics-host',
  },
  'telemetry.metricsPort': {
    ...port,
    fallback: undefined,
    about: 'port of its own for /metrics, /healthz and /readyz',
    flag: '--metrics-port',
  },
  'log.level': {
    schema: choice(LOG_LEVELS),
    fallback: 'warn',
    about: LOG_LEVELS.join(', '),
    flag: '--log-level',
  },
  'debug.port': {
    ...port,
    fallback: undefined,
    about: 'port on 127.0.0.1 for CPU profiles, heap snapshots and event-loop delay',
    flag: '--debug-port',
  },
};

export const SETTING_NAMES: readonly SettingName[] = Object.keys(FIELDS).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(FIELDS, name);
}

/** The schema of one source of settings: any of them, and nothing else. */
export const settingsSchema: z.ZodType<Readonly<Record<string, unknown>>> = z.strictObject(
  Object.fromEntries(SETTING_NAMES.map((name) => [name, FIELDS[name].schema.optional()])),
);
