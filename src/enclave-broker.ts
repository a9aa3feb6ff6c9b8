// The published guide's EnclaveBroker: a broker with its store and its doors.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { PoolStatus } from './autoscale/autoscaler.ts';
import type { RuntimePoolOptions } from './autoscale/options.ts';
import { type Auth, checkHost, createAuth, NO_AUTH } from './broker/auth.ts';
import { Broker } from './broker/broker.ts';
import { checkBrokerOptions } from './broker/check-options.ts';
import { createHttp } from './broker/http.ts';
import { unusedConnections } from './broker/http-server.ts';
import type { PoolSetup } from './broker/pool-of-broker.ts';
import { routesOf } from './broker/routing.ts';
import { openRuntimeDoor } from './broker/runtime-door.ts';
import { listTools } from './broker/tool-listing.ts';
import { type Clock, realClock } from './clock.ts';
import type { EnclaveBrokerOptions } from './enclave-broker-options.ts';
import { EnclaveError } from './errors.ts';
import { resolveLimits } from './limits.ts';
import type { BrokerLink } from './protocol/link.ts';
import { withFallback } from './store/fallback-store.ts';
import type { BrokerInfo } from './store/fleet-operations.ts';
import { holdBack } from './store/held-back.ts';
import { createMemoryStore } from './store/memory.ts';
import { createRedisStore } from './store/redis.ts';
import type { RedisClient } from './store/redis-connection.ts';
import type { Store } from './store/store.ts';
import type { ObserveBroker } from './telemetry/broker-events.ts';
import { BrokerMetrics } from './telemetry/broker-metrics.ts';
import { observedStore, timedStore } from './telemetry/observed-store.ts';
import { observedTools } from './telemetry/observed-tools.ts';
import { MetricsRegistry } from './telemetry/registry.ts';
import { StateMetrics } from './telemetry/state-metrics.ts';
import { BrokerTracing } from './telemetry/tracing.ts';
import { createBreakingHandler, createToolBreakers } from './tools/breaking-handler.ts';
import { externalTools } from './tools/external-tools.ts';
import { createToolHandler } from './tools/registry.ts';

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/**
 * Serves sessions over HTTP and hands them to runtimes.
 *
 * @example
 * const broker = new EnclaveBroker({ redis: 'redis://127.0.0.1:6379', maxConcurrentSessions: 1000 });
 * await broker.listen(3001);
 */
export class EnclaveBroker implements AsyncDisposable {
  readonly #metrics = new MetricsRegistry();
  readonly #tracing: BrokerTracing;
  readonly #broker: Broker;
  readonly #auth: Auth;
  readonly #http: FastifyInstance;
  readonly #unused: ReadonlySet<Socket>;
  readonly #clock: Clock;
  readonly #helloMs: number;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #door: { close(): void } | undefined;
  #url = '';

  /** @throws EnclaveError INVALID_INPUT for tools, limits or keys that are not as expected. */
  constructor(options: EnclaveBrokerOptions = {}) {
    const { tools = [], secrets = () => undefined, auth, clock = realClock } = options;
    checkBrokerOptions(options);
    const limits = resolveLimits(options.limits);
    const listing = listTools(tools);
    const effects = new Map(tools.map(({ name, effect }) => [name, effect ?? 'once']));
    this.#clock = clock;
    const heartbeatMs = options.heartbeatInterval ?? 5_000;
    this.#helloMs = 2.5 * heartbeatMs;
    this.#auth = auth === undefined ? NO_AUTH : createAuth(auth.apiKeys, auth.runtimeToken);
    const maxConcurrentSessions = options.maxConcurrentSessions ?? 1_000;
    const sessionTimeoutMs = options.sessionTimeout ?? 300_000;
    const routingRules = options.routingRules ?? [];
    const shared = options.store ?? openStore(options.redis, clock);
    const fallback = options.fallback === undefined ? undefined : createMemoryStore({ clock });
    const opened = fallback === undefined ? shared : withFallback(shared, fallback);
    const metrics = new BrokerMetrics({
      store: opened,
      routes: routesOf(routingRules),
      tools: tools.map(({ name }) => name),
      now: () => this.#broker,
    });
    const names = tools.map(({ name }) => name);
    const breakers = createToolBreakers(names, clock, options.toolBreaker);
    const breaking = createBreakingHandler(createToolHandler({ tools, secrets }), breakers);
    const state = new StateMetrics({
      routes: routesOf(routingRules),
      waitMs: (route) => this.#broker.waitMs(route),
      breakers,
      storeBreaker: () => shared.breakerState?.(),
    });
    const observe: ObserveBroker = (event) => {
      metrics.observe(event);
      state.observe(event);
      this.#tracing.observe(event);
      options.observe?.(event);
    };
    this.#tracing = new BrokerTracing({
      sampleRate: options.sampleRate ?? 1,
      random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
      wallMs: () => clock.wallMs(),
    });
    this.#metrics.add(metrics);
    this.#metrics.add(state);
    this.#broker = new Broker({
      store: observedStore(holdBack(timedStore(opened, clock, observe), clock), observe),
      clock,
      callTool: this.#tracing.tools(observedTools(breaking, clock, observe)),
      traceparentOf: this.#tracing.traceparentOf,
      effectOf: (tool) => effects.get(tool) ?? 'once',
      external: externalTools(tools),
      tools: listing,
      limits,
      routingRules,
      maxConcurrentSessions,
      maxSessionsPerTenant: options.maxSessionsPerTenant ?? maxConcurrentSessions,
      ...(options.rateLimit === undefined ? {} : { rateLimit: options.rateLimit }),
      sessionTimeoutMs,
      maxQueueWaitMs: options.maxQueueWait ?? sessionTimeoutMs,
      routingStrategy: options.routingStrategy ?? 'label-match',
      ...(options.runtimePool === undefined ? {} : { pool: this.#poolSetup(options.runtimePool, options) }),
      heartbeatMs,
      leaseMs: options.lease ?? 15_000,
      reattachMs: options.reattach ?? 1_000,
      ...(fallback === undefined ? {} : { fallback }),
      streamHeartbeatMs: options.streamHeartbeat ?? 15_000,
      clientBuffer: options.clientBuffer ?? 256,
    });
    const { readTimeout = 30_000, writeTimeout = 60_000, idleTimeout = 120_000 } = options.server ?? {};
    this.#http = createHttp({
      broker: this.#broker,
      auth: this.#auth,
      limits,
      tools: listing,
      observe,
      tracing: this.#tracing,
      expose: () => this.#metrics.expose(),
      times: {
        readMs: readTimeout,
        writeMs: writeTimeout,
        idleMs: idleTimeout,
        slowClientMs: options.slowClientTimeout ?? 30_000,
      },
    });
    this.#unused = unusedConnections(this.#http.server);
  }

  #poolSetup(pool: RuntimePoolOptions, { auth, onPoolNotice }: EnclaveBrokerOptions): PoolSetup {
    return {
      options: pool,
      clock: this.#clock,
      // What listens on every address is reached on this machine as well.
      brokerUrl: () => this.#url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'),
      ...(auth === undefined ? {} : { token: auth.runtimeToken }),
      ...(onPoolNotice === undefined ? {} : { onNotice: onPoolNotice }),
    };
  }

  /** How the runtime pool is, and why; `undefined` without one. */
  get pool(): PoolStatus | undefined {
    return this.#broker.pool;
  }

  /** The figures of this process: the broker's, and those of whoever was added. */
  get metrics(): MetricsRegistry {
    return this.#metrics;
  }

  /** What keeps sessions from being served now, in words; nothing when all is well. */
  missing(): Promise<readonly string[]> {
    return this.#broker.missing();
  }

  /**
   * Serves on a port; 0 takes a free one. Without `auth` only this machine is served.
   * @throws EnclaveError UNAUTHORIZED for another host without `auth`; STORE_UNAVAILABLE; INVALID_INPUT for a port in use.
   */
  async listen(port = 3001, host = '127.0.0.1'): Promise<Listening> {
    checkHost(host, this.#auth);
    await this.start();
    const { server } = this.#http;
    try {
      await this.#http.listen({ port, host, backlog: BACKLOG });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EnclaveError('INVALID_INPUT', `cannot listen on ${host}:${port} (${reason})`, { cause });
    }
    this.#door = openRuntimeDoor({
      server,
      clock: this.#clock,
      mayEnter: this.#auth.isRuntime,
      onLink: (link) => this.#broker.acceptRuntime(link),
      helloMs: this.#helloMs,
    });
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    this.#broker.startPool();
    return { host, port: bound, url: this.#url };
  }

  /** Opens the store without listening: enough for a runtime of this process. @throws EnclaveError STORE_UNAVAILABLE */
  async start(): Promise<void> {
    this.#started ??= this.#broker.start();
    await this.#started;
  }

  /** Sessions that runtimes of this broker run now. */
  get running(): number {
    return this.#broker.running;
  }

  /** The runtimes of every broker, as the store knows them. @throws EnclaveError STORE_UNAVAILABLE */
  fleet(): Promise<readonly BrokerInfo[]> {
    return this.#broker.fleet();
  }

  /** Links a runtime of this process: no socket, the same messages. */
  acceptRuntime(link: BrokerLink): void {
    this.#broker.acceptRuntime(link);
  }

  /**
   * Takes no new sessions, lets what runs here end for at most `drainMs`, and closes. Streams are asked to resume
   * elsewhere; runtimes find another broker and bring along what still runs.
   */
  close(drainMs = 0): Promise<void> {
    this.#closed ??= this.#close(drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    this.#broker.drain();
    const endMs = this.#clock.nowMs() + drainMs;
    while (this.#broker.running > 0 && this.#clock.nowMs() < endMs)
      await new Promise<void>((resolve) => this.#clock.setTimer(DRAIN_STEP_MS, resolve));
    await this.#broker[Symbol.asyncDispose]();
    this.#tracing.close();
    this.#door?.close();
    await this.#closeHttp();
  }

  /** Connections that clients keep open between requests are not waited for, nor for long those that are in use. */
  async #closeHttp(): Promise<void> {
    const { server } = this.#http;
    const endMs = this.#clock.nowMs() + LAST_WORDS_MS;
    let stop = () => {};
    const cut = () => {
      if (this.#clock.nowMs() < endMs) server.closeIdleConnections();
      else server.closeAllConnections();
      stop = this.#clock.setTimer(DRAIN_STEP_MS, cut);
    };
    const closed = this.#http.close();
    for (const socket of this.#unused) socket.destroy();
    cut();
    await closed;
    stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Connections that wait to be accepted: after a restart all clients come at once. The kernel may allow fewer (`somaxconn`). */
const BACKLOG = 4_096;
const DRAIN_STEP_MS = 20;
/** What answers and streams have to end themselves when the broker closes, ms. */
const LAST_WORDS_MS = 2_000;

function openStore(redis: RedisClient | string | undefined, clock: Clock): Store {
  return redis === undefined ? createMemoryStore({ clock }) : createRedisStore({ redis, clock });
}
