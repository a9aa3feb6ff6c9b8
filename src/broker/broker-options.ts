// What a broker is made of and bound by.
import type { Clock } from '../clock.ts';
import type { ExecutionLimits, ToolHandler } from '../execution.ts';
import type { Store } from '../store/store.ts';
import type { ToolEffect } from '../tools/define-tool.ts';
import type { ExternalToolCheck } from '../tools/external-tools.ts';
import type { RateLimit } from './admission.ts';
import type { PoolSetup } from './pool-of-broker.ts';
import type { RoutingRule, RoutingStrategy } from './routing.ts';
import type { ToolListing } from './tool-listing.ts';

/** Times are ms. */
export interface BrokerCoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly callTool: ToolHandler;
  readonly effectOf: (tool: string) => ToolEffect;
  /** Tools that clients answer. */
  readonly external: ReadonlyMap<string, ExternalToolCheck>;
  readonly tools: readonly ToolListing[];
  readonly limits: ExecutionLimits;
  readonly routingRules: readonly RoutingRule[];
  readonly routingStrategy: RoutingStrategy;
  readonly maxConcurrentSessions: number;
  readonly maxSessionsPerTenant: number;
  readonly rateLimit?: RateLimit;
  readonly sessionTimeoutMs: number;
  /** Longest wait in the queue that is accepted, ms. */
  readonly maxQueueWaitMs: number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly reattachMs: number;
  readonly streamHeartbeatMs: number;
  /** Events read for one stream at a time. */
  readonly clientBuffer: number;
  /** Trace context for the runtime of a session, when it is traced. */
  readonly traceparentOf: (id: string) => string | undefined;
  readonly pool?: PoolSetup;
  /** Keeps, in this process, what is begun while the store is away; part of `store`. */
  readonly fallback?: Store;
}
