// The way of a submit into the fleet: who asks, whether it was asked before, whether there is a result already, whether
// anybody could run it and when; then it is created, and started at once where there is a place.
import { createHash, randomUUID } from 'node:crypto';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import { idOfHere, isHere } from '../store/fallback-store.ts';
import { createSessionId } from '../store/session-id.ts';
import type { NewSession, Store } from '../store/store.ts';
import type { Admission } from './admission.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ResultCache } from './result-cache.ts';
import { type RoutingRule, routeOf } from './routing.ts';
import { cachedFinal } from './session-end.ts';
import type { StoredRequest, SubmitBody } from './session-request.ts';
import { Submission } from './submission.ts';
import type { Watch } from './watch.ts';

export interface IntakeOptions {
  readonly store: Store;
  readonly brokerId: string;
  readonly dispatcher: Dispatcher;
  readonly admission: Admission;
  readonly cache: ResultCache;
  readonly routingRules: readonly RoutingRule[];
  readonly sessionTimeoutMs: number;
  /** @throws EnclaveError NO_RUNTIME when nothing of the fleet could ever run sessions of the route. */
  readonly demandRuntime: (route: string) => Promise<void>;
  /** A session has to wait for a place. */
  readonly onWait: () => void;
  /** Admits sessions that are begun here while the store is away. Absent: they are refused. */
  readonly degraded?: Admission;
  /** Listens to a session that is not there yet, so that none of its events is missed. */
  readonly watch: (session: NewSession) => Watch;
}

export interface SubmitOptions {
  readonly key?: string;
  /** Somebody reads its events here as they come. */
  readonly isWatched?: boolean;
  /** Nobody hears of it before it has ended, or the wait for that is over. */
  readonly isAwaited?: boolean;
  /** Trace context that the session carries on. */
  readonly traceparent?: string;
}

export interface Submitted {
  readonly sessionId: string;
  /** False when an idempotency key led to a session that was there already. */
  readonly isNew: boolean;
  /** Whether a kept result was found; absent when none was asked for. */
  readonly cache?: 'hit' | 'miss';
  /** Of a new session that was asked to be watched: for `stream` or `wait`, which close it. */
  readonly watch?: Watch;
}

const DAY_MS = 86_400_000;
/** `runtimeId` of a session that got a kept result. */
const CACHE_RUNTIME = 'cache';

export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** @throws EnclaveError NO_RUNTIME, OVERLOADED, RATE_LIMITED, STORE_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED */
  async submit(body: SubmitBody, tenant: string, options: SubmitOptions): Promise<Submitted> {
    let admitted: Submission | Submitted;
    try {
      admitted = await this.#admit(body, tenant, options);
    } catch (thrown) {
      // Nothing has been created so far. Of what has a key, another broker may know more.
      const { degraded } = this.#options;
      const mayRunHere = degraded !== undefined && options.key === undefined;
      if (!mayRunHere || toEnclaveError(thrown).code !== 'STORE_UNAVAILABLE') throw thrown;
      return await this.#runHere(degraded, body, tenant, options, thrown);
    }
    return admitted instanceof Submission ? await this.#create(admitted, options) : admitted;
  }

  /** @throws as `submit`; nothing has been created then. */
  async #admit(body: SubmitBody, tenant: string, options: SubmitOptions): Promise<Submission | Submitted> {
    const { store, admission, cache, dispatcher, routingRules } = this.#options;
    // Nothing is awaited that need not be: a promise is a good part of what a submit costs here.
    if (admission.hasRate) await admission.checkRate(tenant);
    const { sessionId, isRepeat } =
      options.key === undefined
        ? { sessionId: createSessionId(store.nowMs()), isRepeat: false }
        : await this.#reserve(body, tenant, options.key);
    if (isRepeat && (await store.find(sessionId)) !== undefined) return { sessionId, isNew: false };
    const plan = cache.planOf(body, tenant);
    const kept = plan === undefined ? undefined : await cache.find(plan);
    const route = routeOf(body.labels, body.priority, routingRules);
    const { traceparent } = options;
    const stored: StoredRequest = {
      ...body,
      ...(plan === undefined ? {} : { cache: plan }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const newSession = () => this.#sessionOf(sessionId, body, tenant, route, stored, options);
    if (kept !== undefined) return { ...(await this.#finished(newSession(), kept)), cache: 'hit' };
    if (!dispatcher.serves(route)) await this.#options.demandRuntime(route);
    // With a free place at hand nothing waits, and nothing need be asked.
    if (!dispatcher.canRunNow(route)) {
      await admission.checkWait(route);
      this.#options.onWait();
    }
    const session = newSession();
    const taken = admission.takePlaces(sessionId, tenant, route, session.isAwaited);
    if (taken !== undefined) await taken;
    return session;
  }

  async #create(session: Submission, options: SubmitOptions): Promise<Submitted> {
    const { store, admission, dispatcher } = this.#options;
    const { id: sessionId, tenant, stored } = session;
    const watch = options.isWatched === true ? this.#options.watch(session) : undefined;
    try {
      const code = (await dispatcher.runNow(session)) ?? (await store.submit(session));
      if (code === 'late') throw tooSlow();
      const miss = stored.cache === undefined ? {} : ({ cache: 'miss' } as const);
      if (watch !== undefined && code === 'created') return { sessionId, isNew: true, watch, ...miss };
      watch?.close();
      return { sessionId, isNew: code === 'created', ...miss };
    } catch (error) {
      watch?.close();
      // Its places alone: it may have been created all the same, and its lease is how others find it.
      admission.giveBack(sessionId, tenant);
      throw error;
    }
  }

  /** At once, on a free runtime of this broker, or not at all: a queue that dies with the process is no queue. */
  async #runHere(
    admission: Admission,
    body: SubmitBody,
    tenant: string,
    options: SubmitOptions,
    why: unknown,
  ): Promise<Submitted> {
    const { dispatcher, routingRules, watch: watchOf } = this.#options;
    const route = routeOf(body.labels, body.priority, routingRules);
    const id = idOfHere(randomUUID());
    await admission.checkRate(tenant);
    await admission.takePlaces(id, tenant, route);
    const { traceparent } = options;
    const stored = { ...body, ...(traceparent === undefined ? {} : { traceparent }) };
    const session = this.#sessionOf(id, body, tenant, route, stored, options);
    const watch = options.isWatched === true ? watchOf(session) : undefined;
    try {
      if ((await dispatcher.runNow(session, { isAlone: true })) !== 'created') throw why;
      return { sessionId: id, isNew: true, ...(watch === undefined ? {} : { watch }) };
    } catch (error) {
      watch?.close();
      admission.giveBack(id, tenant);
      throw error;
    }
  }

  /** The session that the key was given to before, or a new one. */
  async #reserve(
    body: SubmitBody,
    tenant: string,
    key: string,
  ): Promise<{ readonly sessionId: string; readonly isRepeat: boolean }> {
    const { store } = this.#options;
    const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
    // Whoever repeats a submit that died half way creates the same session.
    const reservation = { sessionId: createSessionId(store.nowMs()), bodyHash };
    const known = await store.reserveKey(tenant, key, reservation, DAY_MS);
    if (known !== undefined && known.bodyHash !== bodyHash)
      throw new EnclaveError('IDEMPOTENCY_KEY_REUSED', 'the idempotency key came with another body before');
    return { sessionId: (known ?? reservation).sessionId, isRepeat: known !== undefined };
  }

  #sessionOf(
    id: string,
    body: SubmitBody,
    tenant: string,
    route: string,
    stored: StoredRequest,
    { isWatched = false, isAwaited = false, key }: SubmitOptions,
  ): Submission {
    const { store, sessionTimeoutMs, brokerId } = this.#options;
    return new Submission({
      ...{ id, tenant, route, body, stored, atMs: store.nowMs(), sessionTimeoutMs },
      watcher: isWatched ? brokerId : undefined,
      // With a key others may look for it at once; what runs here has no store to be kept from.
      isAwaited: isAwaited && key === undefined && !isHere(id),
    });
  }

  /** A session that has its result as it is created: it takes no place and no runtime. */
  async #finished(session: NewSession, resultJson: string): Promise<Omit<Submitted, 'cache'>> {
    const { store, brokerId, sessionTimeoutMs: leaseMs } = this.#options;
    const { id } = session;
    const made = await store.submitClaimed(session, {
      runtimeId: CACHE_RUNTIME,
      brokerId,
      leaseMs,
      // Whoever repeats it, here or elsewhere, may end it just as well.
      claimId: CACHE_RUNTIME,
    });
    if (made.code === 'late') throw tooSlow();
    if (made.code !== 'created') return { sessionId: id, isNew: false };
    const { fence, entry } = made;
    await store.finish({ id, fence, state: 'completed', final: cachedFinal(resultJson) });
    await Promise.all([store.settle(entry), store.dropDeadline(id)]);
    return { sessionId: id, isNew: true };
  }
}

function tooSlow(): EnclaveError {
  return new EnclaveError('STORE_UNAVAILABLE', 'the store took too long', { retryAfterMs: 1_000 });
}
