// A broker without its doors: admits sessions, has them run by its runtimes, tells what happened. HTTP and WebSocket are
// put on by others; a runtime in the same process is linked by a function call.
import { randomUUID } from 'node:crypto';
import type { Autoscaler, PoolStatus } from '../autoscale/autoscaler.ts';
import { EnclaveError } from '../errors.ts';
import { isTerminal } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import { isHere } from '../store/fallback-store.ts';
import type { BrokerInfo, RuntimeInfo } from '../store/fleet-operations.ts';
import type { EventCursor, SessionList, SessionQuery, SessionRecord } from '../store/store.ts';
import { Admission } from './admission.ts';
import type { BrokerCoreOptions } from './broker-options.ts';
import { Dispatcher } from './dispatcher.ts';
import { EventHub } from './event-hub.ts';
import type { EventStream, StreamStep } from './event-stream.ts';
import { FleetView } from './fleet-view.ts';
import { Intake, type SubmitOptions, type Submitted } from './intake.ts';
import { Patience } from './patience.ts';
import { createPoolOfBroker, mayServe } from './pool-of-broker.ts';
import { ResultCache } from './result-cache.ts';
import { ANY_ROUTE, routesOf } from './routing.ts';
import { QUICK_MS } from './session-calls.ts';
import { failedFinal } from './session-end.ts';
import type { SubmitBody } from './session-request.ts';
import { told } from './told-record.ts';
import { type ToolAnswer, ToolAnswers } from './tool-answers.ts';
import type { Watch } from './watch.ts';

export class Broker {
  readonly brokerId: string = `b_${randomUUID()}`;
  readonly #options: BrokerCoreOptions;
  readonly #dispatcher: Dispatcher;
  readonly #hub: EventHub;
  readonly #view: FleetView;
  readonly #admission: Admission;
  /** Of the sessions that are begun here while the store is away. */
  readonly #degraded: Admission | undefined;
  readonly #pool: Autoscaler | undefined;
  readonly #intake: Intake;
  readonly #answers: ToolAnswers;
  #isDraining = false;

  constructor(options: BrokerCoreOptions) {
    this.#options = options;
    const { store, clock, callTool, effectOf, external, routingRules, heartbeatMs, leaseMs } = options;
    const { reattachMs, sessionTimeoutMs, traceparentOf, fallback } = options;
    const { brokerId } = this;
    const { maxToolResultBytes } = options.limits;
    this.#hub = new EventHub({
      store,
      clock,
      brokerId,
      heartbeatMs: options.streamHeartbeatMs,
      pageSize: options.clientBuffer,
    });
    this.#view = new FleetView({ store, clock, brokerId });
    this.#admission = new Admission({ ...options, brokerId, view: this.#view });
    this.#degraded =
      fallback === undefined
        ? undefined
        : new Admission({ ...options, brokerId, store: fallback, view: this.#view });
    this.#dispatcher = new Dispatcher({
      context: {
        ...{ store, clock, brokerId, callTool, effectOf, external, maxToolResultBytes, traceparentOf },
        callsHere: new Set(),
        quick: new Patience(clock, QUICK_MS),
      },
      routes: routesOf(routingRules),
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
    const own = () => this.#dispatcher.runtimes.map((peer) => peer.info);
    const around = { store, brokerId, view: this.#view, routes: routesOf(routingRules), own };
    this.#pool = options.pool === undefined ? undefined : createPoolOfBroker(options.pool, around);
    this.#answers = new ToolAnswers({ store, external, maxToolResultBytes });
    this.#intake = new Intake({
      store,
      brokerId,
      routingRules,
      sessionTimeoutMs,
      dispatcher: this.#dispatcher,
      admission: this.#admission,
      ...(this.#degraded === undefined ? {} : { degraded: this.#degraded }),
      cache: new ResultCache(store, options.tools),
      demandRuntime: (route) => this.#demandRuntime(route),
      onWait: () => this.#pool?.hurry(),
      watch: (session) => this.#hub.watch(session.id, session),
    });
  }

  /** Keeps the pool at its size from now on: the broker can be reached. */
  startPool(): void {
    this.#pool?.start();
  }

  /** What a session of the route would wait if it were queued now, ms, as far as is known. @throws EnclaveError STORE_UNAVAILABLE */
  async waitMs(route: string): Promise<number | undefined> {
    return await this.#view.waitMs(route);
  }

  get pool(): PoolStatus | undefined {
    return this.#pool?.status;
  }

  /** @throws EnclaveError STORE_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#options.store.open(this.brokerId, (bell) => {
      if (bell.kind === 'session') this.#hub.ring(bell.id, bell.event);
      else if (bell.kind === 'ended') this.#hub.end(bell.record);
      else if (bell.kind === 'written') this.#admission.named(bell.id);
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

  /** The runtimes that are linked to this broker. */
  get runtimes(): readonly RuntimeInfo[] {
    return this.#dispatcher.runtimes.map(({ info }) => info);
  }

  get streams(): number {
    return this.#hub.clients;
  }

  /** A line to a runtime that has proved who it is. */
  acceptRuntime(link: BrokerLink): void {
    this.#dispatcher.accept(link);
  }

  /** Why a submit would be refused, whatever it asks for; `undefined` when it has to be looked at. */
  get refusal(): EnclaveError | undefined {
    return this.#admission.refusal;
  }

  /**
   * @throws EnclaveError NO_RUNTIME, OVERLOADED, RATE_LIMITED, DRAINING, STORE_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED
   */
  submit(body: SubmitBody, tenant: string, options: SubmitOptions = {}): Promise<Submitted> {
    if (this.#isDraining)
      return Promise.reject(
        new EnclaveError('DRAINING', 'the broker takes no new sessions', { retryAfterMs: 1_000 }),
      );
    return this.#intake.submit(body, tenant, options);
  }

  async #demandRuntime(route: string): Promise<void> {
    if (this.#dispatcher.serves(route)) return;
    const { pool } = this.#options;
    if (await this.#view.serves(route)) return;
    if (pool !== undefined && mayServe(pool.options, route)) return;
    throw new EnclaveError('NO_RUNTIME', `no runtime satisfies ${route}`, { retryAfterMs: 5_000 });
  }

  /** The places and the deadline of a session that is over. */
  #giveBack(id: string, tenant: string): void {
    (isHere(id) ? this.#degraded : this.#admission)?.giveBack(id, tenant);
    void this.#options.store.dropDeadline(id).catch(() => {});
  }

  /** @throws EnclaveError NOT_FOUND, also for a session of another tenant: no difference is shown. */
  async find(id: string, tenant: string): Promise<SessionRecord> {
    return checkTenant(id, tenant, await this.#options.store.find(id));
  }

  /** The tenant's sessions, newest first. @throws EnclaveError STORE_UNAVAILABLE */
  async list(query: SessionQuery): Promise<SessionList> {
    return await this.#options.store.list(query);
  }

  /** A stream of a new session, which is watched already. Close it. */
  follow(id: string, watch: Watch): EventStream {
    return this.#hub.open(id, { seq: 0 }, watch);
  }

  /** A stream of a session. Close it. @throws EnclaveError NOT_FOUND, as `find`; STORE_UNAVAILABLE */
  async resume(id: string, tenant: string, from: EventCursor): Promise<EventStream> {
    const stream = this.#hub.open(id, from);
    try {
      checkTenant(id, tenant, await stream.record());
      return stream;
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  /** See `EventHub.beatFor`. */
  beatFor(stream: EventStream, onBeat: (step: StreamStep) => void): () => void {
    return this.#hub.beatFor(stream, onBeat);
  }

  /** Waits until the session has ended, or the time is over; the record as it is then. */
  async wait(id: string, tenant: string, waitMs: number, watch?: Watch): Promise<SessionRecord> {
    const { clock } = this.#options;
    const endMs = clock.nowMs() + waitMs;
    const followed = watch === undefined ? undefined : await this.#hub.follow(watch, waitMs);
    if (followed !== undefined) return followed;
    let record = await this.find(id, tenant);
    if (isTerminal(record.state)) return record;
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(endMs - clock.nowMs())));
    for await (const step of this.#hub.stream(id, { seq: record.lastSeq }, signal)) {
      if (step.kind === 'events') record = step.events.reduce(told, record);
      if (signal.aborted) break;
    }
    return isTerminal(record.state) ? record : await this.find(id, tenant);
  }

  /** @throws EnclaveError NOT_FOUND */
  async cancel(id: string, tenant: string): Promise<SessionRecord> {
    const record = await this.find(id, tenant);
    const reply = await this.#options.store.cancel(id, failedFinal('CANCELLED', record.attempts));
    if (reply === 'cancelled') this.#giveBack(id, tenant);
    return await this.find(id, tenant);
  }

  /** A client's answer to a call of an external tool. @throws EnclaveError NOT_FOUND, CONFLICT, INVALID_INPUT, TOO_LARGE */
  async answer(id: string, tenant: string, answer: ToolAnswer): Promise<void> {
    await this.#answers.give(await this.find(id, tenant), answer);
  }

  /** The runtimes of every broker. */
  async fleet(): Promise<readonly BrokerInfo[]> {
    return await this.#options.store.fleet();
  }

  /** Whether sessions could be served now: what is missing, in words; nothing when all is well. */
  async missing(): Promise<string[]> {
    if (this.#isDraining) return ['the broker is shutting down'];
    // Its own runtimes serve without the store.
    if (this.#degraded !== undefined && this.runtimes.length > 0) return [];
    try {
      await this.#options.store.ping();
      const brokers = await this.#options.store.fleet();
      const { pool } = this.#options;
      // Sessions are accepted, and the pool starts a runtime for them.
      if (pool !== undefined && mayServe(pool.options, ANY_ROUTE)) return [];
      return brokers.some(({ runtimes }) => runtimes.length > 0) ? [] : ['no runtime is connected'];
    } catch {
      return ['the store cannot be reached'];
    }
  }

  /** Takes no new sessions from now on, and asks clients and runtimes to go elsewhere. */
  drain(): void {
    this.#isDraining = true;
    this.#pool?.stop();
    // What is queued in the memory of this process has nobody else to go to.
    if (this.#options.store.kind !== 'memory') this.#dispatcher.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drain();
    // What runs on is found by whoever takes it over.
    await this.#options.store.writeOut?.().catch(() => {});
    await this.#admission.close();
    this.#hub.close();
    this.#dispatcher.close();
    await this.#pool?.[Symbol.asyncDispose]();
    await this.#options.store[Symbol.asyncDispose]();
  }
}

function checkTenant(id: string, tenant: string, record: SessionRecord | undefined): SessionRecord {
  if (record !== undefined && record.tenant === tenant) return record;
  throw new EnclaveError('NOT_FOUND', `there is no session ${JSON.stringify(id.slice(0, 64))}`);
}
