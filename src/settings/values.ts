// The settings of serve, broker and runtime, as the parts that they are for get them.
import type { RuntimePoolOptions } from '../autoscale/options.ts';
import type { RoutingRule, RoutingStrategy } from '../broker/routing.ts';
import type { ExecutionLimits, Isolation } from '../execution.ts';
import type { PoolSize } from '../pool/options.ts';
import type { Labels } from '../protocol/events.ts';
import type { LogThreshold } from '../telemetry/log-levels.ts';

/** Times are ms, sizes bytes. What is `undefined` is off, or left to the part that it is for. */
export interface Settings {
  readonly 'server.host': string;
  readonly 'server.port': number;
  readonly 'server.readTimeout': number;
  readonly 'server.writeTimeout': number;
  readonly 'server.idleTimeout': number;
  readonly 'server.drain': number;
  readonly 'auth.apiKeyFile': string | undefined;
  readonly 'auth.runtimeTokenFile': string | undefined;
  readonly 'stream.heartbeat': number;
  readonly 'stream.clientBuffer': number;
  readonly 'stream.slowClientTimeout': number;
  readonly 'retention.events': number | undefined;
  readonly 'retention.results': number | undefined;
  readonly store: string;
  readonly fallback: 'none' | 'memory';
  readonly 'sqlite.busyTimeout': number;
  readonly 'sqlite.cacheSize': number;
  readonly 'sqlite.mmapSize': number;
  readonly 'redis.url': string | undefined;
  readonly 'redis.cluster': readonly string[] | undefined;
  readonly 'redis.sentinels': readonly string[] | undefined;
  readonly 'redis.sentinelName': string;
  readonly 'redis.username': string | undefined;
  readonly 'redis.password': string | undefined;
  readonly 'redis.tls': boolean;
  readonly 'redis.prefix': string | undefined;
  readonly 'redis.commandTimeout': number;
  readonly 'redis.listenTimeout': number;
  readonly 'sessions.max': number;
  readonly 'sessions.perTenant': number | undefined;
  readonly 'sessions.timeout': number;
  readonly 'sessions.maxQueueWait': number | undefined;
  readonly 'sessions.rate': number | undefined;
  readonly 'sessions.burst': number | undefined;
  readonly limits: Partial<ExecutionLimits> | undefined;
  readonly 'routing.strategy': RoutingStrategy;
  readonly 'routing.rules': readonly RoutingRule[] | undefined;
  readonly 'fleet.heartbeat': number;
  readonly 'fleet.lease': number;
  readonly 'fleet.reattach': number;
  readonly pool: RuntimePoolOptions | undefined;
  readonly 'tools.file': string | undefined;
  readonly 'tools.mcp': string | undefined;
  readonly 'runtime.broker': string | undefined;
  readonly 'runtime.tokenFile': string | undefined;
  readonly 'runtime.labels': Labels | undefined;
  readonly 'runtime.workers': PoolSize;
  readonly 'runtime.isolation': Isolation;
  readonly 'runtime.slots': number;
  readonly 'runtime.drain': number;
  readonly 'telemetry.sampleRate': number;
  readonly 'telemetry.metricsHost': string;
  readonly 'telemetry.metricsPort': number | undefined;
  readonly 'log.level': LogThreshold;
  readonly 'debug.port': number | undefined;
}

export type SettingName = keyof Settings;
