// A broker without its doors: admits sessions, has them run by its runtimes, tells what happened. HTTP and WebSocket are
// put on by others; a runtime in the same process is linked by a function call.
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { ExecutionLimits, ToolHandler } from '../execution.ts';
import { isTerminal } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import type { BrokerInfo, EventCursor, NewSession, SessionRecord, Store } from '../store/store.ts';
import type { ToolEffect } from '../tools/define-tool.ts';
import { Admission, type RateLimit } from './admission.ts';
import { Dispatcher } from './dispatcher.ts';
import { EventHub, type StreamStep } from './event-hub.ts';
import { FleetView } from './fleet-view.ts';
import { type RoutingRule, type RoutingStrategy, routeOf, routesOf } from './routing.ts';
import { failedFinal } from './session-end.ts';
import { formatStored, type SubmitBody } from './session-request.ts';
import type { Watch } from './watch.ts';

export interface BrokerCoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly callTool: ToolHandler;
  readonly effectOf: (tool: string) => ToolEffect;
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
}

export interface Submitted {
  readonly sessionId: string;
  /** False when an idempotency key led to a session that was there already. */
  readonly isNew: boolean;
  /** Of a new session that was asked to be watched: for `stream` or `wait`, which close it. */
  readonly watch?: Watch;
}

const DAY_MS = 86_400_000;

export class Broker {
  readonly brokerId: string = `b_${randomUUID()}`;
  readonly #options: BrokerCoreOptions;
  readonly #dispatcher: Dispatcher;
  readonly #hub: EventHub;
  readonly #view: FleetView;
  readonly #admission: Admission;
  #isDraining = false;

  constructor(options: BrokerCoreOptions) {
    this.#options = options;
    const { store, clock, callTool, effectOf, heartbeatMs, leaseMs, reattachMs } = options;
    const { brokerId } = this;
    const { maxToolResultBytes } = options.limits;
    this.#hub = new EventHub({ store, clock, brokerId, heartbeatMs: options.streamHeartbeatMs });
    this.#view = new FleetView({ store, clock, brokerId });
    this.#admission = new Admission({ ...options, view: this.#view });
    this.#dispatcher = new Dispatcher({
      context: { store, clock, brokerId, callTool, effectOf, maxToolResultBytes },
      routes: routesOf(options.routingRules),
      strategy: options.routingStrategy,
      rates: () => this.#view.rates,
      heartbeatMs,
      leaseMs,
      reattachMs,
      onOver: (id, tenant, route) => {
        this.#view.ended(route);
        this.#giveBack(id, tenant);
      },
    });
  }

  /** @throws EnclaveError STORE_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#options.store.open(this.brokerId, (bell) => {
      if (bell.kind === 'session') this.#hub.ring(bell.id, bell.event);
      else if (bell.kind === 'resync') this.#hub.ringAll();
      this.#dispatcher.onBell(bell);
    });
    this.#dispatcher.start();
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  get running(): number {
    return this.#dispatcher.running;
  }

  get streams(): number {
    return this.#hub.clients;
  }

  /** A line to a runtime that has proved who it is. */
  acceptRuntime(link: BrokerLink): void {
    this.#dispatcher.accept(link);
  }

  /**
   * @throws EnclaveError NO_RUNTIME, OVERLOADED, RATE_LIMITED, DRAINING, STORE_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED
   */
  async submit(
    body: SubmitBody,
    tenant: string,
    options: { readonly key?: string; readonly isWatched?: boolean } = {},
  ): Promise<Submitted> {
    if (this.#isDraining)
      throw new EnclaveError('DRAINING', 'the broker takes no new sessions', { retryAfterMs: 1_000 });
    await this.#admission.checkRate(tenant);
    const route = routeOf(body.labels, body.priority, this.#options.routingRules);
    const known = await this.#reserve(body, tenant, options.key);
    const sessionId = known ?? `s_${randomUUID()}`;
    if (known !== undefined && (await this.#options.store.find(known)) !== undefined)
      return { sessionId, isNew: false };
    await this.#demandRuntime(route);
    // With a free place at hand nothing waits, and nothing need be asked.
    if (!this.#dispatcher.canRunNow(route)) await this.#admission.checkWait(route);
    await this.#admission.takePlaces(sessionId, tenant, route);
    // Before the session is there, so that none of its events is missed.
    const watch = options.isWatched === true ? this.#hub.watch(sessionId, true) : undefined;
    try {
      const code = await this.#create(sessionId, body, tenant, route, watch !== undefined);
      if (watch !== undefined && code === 'created') return { sessionId, isNew: true, watch };
      watch?.close();
      return { sessionId, isNew: code === 'created' };
    } catch (error) {
      watch?.close();
      this.#giveBack(sessionId, tenant);
      throw error;
    }
  }

  async #create(
    id: string,
    body: SubmitBody,
    tenant: string,
    route: string,
    isWatched: boolean,
  ): Promise<'created' | 'exists'> {
    const { store, sessionTimeoutMs } = this.#options;
    const atMs = store.nowMs();
    const deadlineMs = atMs + sessionTimeoutMs;
    const session: NewSession = {
      id,
      tenant,
      route,
      priority: body.priority,
      labels: body.labels,
      source: body.code,
      request: formatStored(body),
      atMs,
      deadlineMs,
      init: JSON.stringify({
        streamUrl: `/sessions/${id}/stream`,
        cancelUrl: `/sessions/${id}/cancel`,
        expiresAt: deadlineMs,
        execution: 'at-most-once',
      }),
      ...(isWatched ? { watcher: this.brokerId } : {}),
    };
    const reply = (await this.#dispatcher.runNow(session)) ?? (await store.submit(session));
    if (reply !== 'late') return reply;
    throw new EnclaveError('STORE_UNAVAILABLE', 'the store took too long', { retryAfterMs: 1_000 });
  }

  /** The session that the key was given to before, if there is one. */
  async #reserve(body: SubmitBody, tenant: string, key: string | undefined): Promise<string | undefined> {
    if (key === undefined) return undefined;
    const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
    // The id follows from the key: whoever repeats a submit that died half way creates the same session.
    const digest = createHash('sha256')
      .update(JSON.stringify([tenant, key]))
      .digest('hex');
    const sessionId = `s_${digest.slice(0, 32)}`;
    const known = await this.#options.store.reserveKey(tenant, key, { sessionId, bodyHash }, DAY_MS);
    if (known !== undefined && known.bodyHash !== bodyHash)
      throw new EnclaveError('IDEMPOTENCY_KEY_REUSED', 'the idempotency key came with another body before');
    return sessionId;
  }

  async #demandRuntime(route: string): Promise<void> {
    if (this.#dispatcher.serves(route) || (await this.#view.serves(route))) return;
    throw new EnclaveError('NO_RUNTIME', `no runtime satisfies ${route}`, { retryAfterMs: 5_000 });
  }

  /** The places and the deadline of a session that is over. */
  #giveBack(id: string, tenant: string): void {
    this.#admission.giveBack(id, tenant);
    void this.#options.store.dropDeadline(id).catch(() => {});
  }

  /** @throws EnclaveError NOT_FOUND, also for a session of another tenant: no difference is shown. */
  async find(id: string, tenant: string): Promise<SessionRecord> {
    const record = await this.#options.store.find(id);
    if (record !== undefined && record.tenant === tenant) return record;
    throw new EnclaveError('NOT_FOUND', `there is no session ${JSON.stringify(id.slice(0, 64))}`);
  }

  stream(id: string, from: EventCursor, signal: AbortSignal, watch?: Watch): AsyncGenerator<StreamStep> {
    return this.#hub.stream(id, from, signal, watch);
  }

  /** Waits until the session has ended, or the signal fires; the record as it is then. */
  async wait(id: string, tenant: string, signal: AbortSignal, watch?: Watch): Promise<SessionRecord> {
    // A new session need not be looked at before its end.
    const record = watch === undefined ? await this.find(id, tenant) : undefined;
    if (record !== undefined && isTerminal(record.state)) return record;
    for await (const _step of this.#hub.stream(id, { seq: record?.lastSeq ?? 0 }, signal, watch))
      if (signal.aborted) break;
    return await this.find(id, tenant);
  }

  /** @throws EnclaveError NOT_FOUND */
  async cancel(id: string, tenant: string): Promise<SessionRecord> {
    const record = await this.find(id, tenant);
    const reply = await this.#options.store.cancel(id, failedFinal('CANCELLED', record.attempts));
    if (reply === 'cancelled') this.#giveBack(id, tenant);
    return await this.find(id, tenant);
  }

  /** The runtimes of every broker. */
  async fleet(): Promise<readonly BrokerInfo[]> {
    return await this.#options.store.fleet();
  }

  /** Whether sessions could be served now: what is missing, in words; nothing when all is well. */
  async missing(): Promise<string[]> {
    if (this.#isDraining) return ['the broker is shutting down'];
    try {
      await this.#options.store.ping();
      const brokers = await this.#options.store.fleet();
      return brokers.some(({ runtimes }) => runtimes.length > 0) ? [] : ['no runtime is connected'];
    } catch {
      return ['the store cannot be reached'];
    }
  }

  /** Takes no new sessions from now on, and asks clients and runtimes to go elsewhere. */
  drain(): void {
    this.#isDraining = true;
    // What is queued in the memory of this process has nobody else to go to.
    if (this.#options.store.kind !== 'memory') this.#dispatcher.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drain();
    this.#hub.close();
    this.#dispatcher.close();
    await this.#options.store[Symbol.asyncDispose]();
  }
}
