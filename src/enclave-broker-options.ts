// What an EnclaveBroker can be told.
import type { PoolNotice } from './autoscale/autoscaler.ts';
import type { RuntimePoolOptions } from './autoscale/options.ts';
import type { RateLimit } from './broker/admission.ts';
import type { RoutingRule, RoutingStrategy } from './broker/routing.ts';
import type { Clock } from './clock.ts';
import type { ExecutionLimits } from './execution.ts';
import type { RedisClient } from './store/redis-connection.ts';
import type { Store } from './store/store.ts';
import type { ObserveBroker } from './telemetry/broker-events.ts';
import type { ToolBreakerOptions } from './tools/breaking-handler.ts';
import type { Tool } from './tools/define-tool.ts';
import type { SecretSource } from './tools/registry.ts';

/** Options of EnclaveBroker. Times are ms. */
export interface EnclaveBrokerOptions {
  /** A client of ioredis whose settings are copied (it is neither used nor closed), or a `redis://` URL. Default: memory. */
  readonly redis?: RedisClient | string;
  /** Instead of `redis`: a store that is made already, such as that of a SQLite file. */
  readonly store?: Store;
  /**
   * `memory`: while the store is away, sessions without an idempotency key run on free runtimes of this broker, known to it
   * alone and gone with it. Default: they are refused.
   */
  readonly fallback?: 'memory';
  /** Tools that scripts may call. They run here; runtimes see neither them nor their secrets. Default none. */
  readonly tools?: readonly Tool[];
  readonly secrets?: SecretSource;
  /** When a tool whose service is away is left alone: after 5 such calls in a row for 60,000 ms by default. */
  readonly toolBreaker?: ToolBreakerOptions;
  /** Limits of every execution; a caller may lower them. */
  readonly limits?: Partial<ExecutionLimits>;
  /** Sessions queued or running in the whole fleet. Default 1,000. */
  readonly maxConcurrentSessions?: number;
  /** The same for one tenant. Default: as many. */
  readonly maxSessionsPerTenant?: number;
  /** Starts and ends runtimes as the load asks for. Default: none are started. */
  readonly runtimePool?: RuntimePoolOptions;
  /** Hears of changes of the pool, of limits that it has reached, of drivers that failed. */
  readonly onPoolNotice?: (notice: PoolNotice) => void;
  /** Submits of one tenant, over all brokers. Default: unbounded. */
  readonly rateLimit?: RateLimit;
  /** A submit that would wait longer in the queue is refused. Default: the session time-out. */
  readonly maxQueueWait?: number;
  /** A session that has not ended by then fails with SESSION_TIMEOUT. Default 300,000. */
  readonly sessionTimeout?: number;
  /** How one of the runtimes that fit is chosen. Default `label-match`: the least loaded of them. */
  readonly routingStrategy?: RoutingStrategy;
  /** The first rule that matches a session says which labels its runtime must have. */
  readonly routingRules?: readonly RoutingRule[];
  /** Keys of clients and token of runtimes. Default: none, and only this machine is served. */
  readonly auth?: { readonly apiKeys: string; readonly runtimeToken: string };
  /** A runtime silent for 2.5 of these is lost. Default 5,000. */
  readonly heartbeatInterval?: number;
  /** Work of a broker that is silent for so long is taken over. Default 15,000. */
  readonly lease?: number;
  /** How long sessions wait for a runtime whose line was cut. Default 1,000. */
  readonly reattach?: number;
  /** Silence on an event stream ends with a heartbeat after this. Default 15,000. */
  readonly streamHeartbeat?: number;
  readonly server?: {
    /** A request must have come in after this. Default 30,000. */
    readonly readTimeout?: number;
    /** An answer that nobody takes is given up after this; streams by `slowClientTimeout`. Default 60,000. */
    readonly writeTimeout?: number;
    /** A connection is closed when no request came for so long. Default 120,000. */
    readonly idleTimeout?: number;
  };
  /** A reader of an event stream that takes nothing for so long is cut; it may resume. Default 30,000. */
  readonly slowClientTimeout?: number;
  /** Events read from the store at a time for one reader of a stream. Default 256. */
  readonly clientBuffer?: number;
  /** Share of sessions that are traced, 0 to 1; a caller that is traced decides for its own. Default 1. */
  readonly sampleRate?: number;
  /** Hears of everything that happens, for logs. Must be quick and must not throw. */
  readonly observe?: ObserveBroker;
  readonly clock?: Clock;
}
