// A store that tells what passes through it. What the fleet's sessions do shows here, once each and whoever does it: of all
// that try to end a session, one gets the reply `ok`. So metrics and logs need no hook in the dispatcher.
import { z } from 'zod';
import { traceparentOfStored } from '../broker/session-request.ts';
import type { Clock } from '../clock.ts';
import { OUTCOME_CODES } from '../errors.ts';
import type { BrokerInfo, RuntimeInfo } from '../store/fleet-operations.ts';
import { type Operation, overlaid } from '../store/overlay.ts';
import type { ClaimReply, Finish, Store } from '../store/store.ts';
import type { ObserveBroker } from './broker-events.ts';

/** Sessions whose time of creation is remembered; what is forgotten is asked of the store. */
const MAX_KNOWN = 20_000;

export function observedStore(store: Store, observe: ObserveBroker): Store {
  const watch = new SessionWatch(store, observe);
  let runtimes: ReadonlyMap<string, RuntimeInfo> = new Map();
  const onRuntimes = (info: BrokerInfo) => {
    const now = new Map(info.runtimes.map((runtime) => [runtime.runtimeId, runtime]));
    for (const [id, runtime] of now) if (!runtimes.has(id)) observe({ type: 'runtime_joined', runtime });
    for (const [id, runtime] of runtimes)
      if (!now.has(id)) observe({ type: 'runtime_left', runtime, wasDraining: runtime.slots === 0 });
    runtimes = now;
  };
  const observed: Partial<Store> = {
    async submit(session) {
      const reply = await store.submit(session);
      if (reply === 'created') watch.submitted(session);
      return reply;
    },
    async submitClaimed(session, holder) {
      const reply = await store.submitClaimed(session, holder);
      if (reply.code === 'created') {
        watch.submitted(session);
        const { tenant, atMs: createdAtMs, traceparent } = session;
        watch.started(session.id, holder.runtimeId, { tenant, attempt: 1, createdAtMs }, traceparent);
      }
      return reply;
    },
    async claim(request) {
      const reply = await store.claim(request);
      if (reply.code === 'ok')
        watch.started(request.id, request.runtimeId, reply, traceparentOfStored(reply.request));
      else if (reply.code === 'lost') watch.remember(request.id, reply.createdAtMs);
      return reply;
    },
    async adopt(id, fence, brokerId) {
      const reply = await store.adopt(id, fence, brokerId);
      if (reply.code === 'ok') watch.remember(id, reply.entry.atMs);
      return reply;
    },
    async append(id, fence, n, payload) {
      const reply = await store.append(id, fence, n, payload);
      if (reply === 'stale') observe({ type: 'stale_write', sessionId: id, operation: 'append' });
      return reply;
    },
    async toolBegin(call) {
      const reply = await store.toolBegin(call);
      const { id: sessionId, callId } = call;
      if (reply.code === 'stale') observe({ type: 'stale_write', sessionId, operation: 'toolBegin' });
      else if (reply.code === 'doubt') observe({ type: 'in_doubt', sessionId, callId });
      return reply;
    },
    async toolDone(call) {
      const reply = await store.toolDone(call);
      const { id: sessionId } = call;
      if (reply.code === 'stale') observe({ type: 'stale_write', sessionId, operation: 'toolDone' });
      return reply;
    },
    async finish(end) {
      const reply = await store.finish(end);
      const told = reply === 'ok' ? watch.ended(end) : undefined;
      if (told !== undefined) await told;
      else if (reply === 'stale') observe({ type: 'stale_write', sessionId: end.id, operation: 'finish' });
      return reply;
    },
    async cancel(id, final) {
      const reply = await store.cancel(id, final);
      if (reply === 'cancelled') await watch.ended({ id, state: 'cancelled', final });
      return reply;
    },
    async release(id, fence, reason) {
      const reply = await store.release(id, fence, reason);
      if (reply === 'ok') watch.requeued(id, reason);
      return reply;
    },
    async putBack(entry) {
      await store.putBack(entry);
      watch.requeued(entry.id, 'no free place where it was taken');
    },
    async beat(info, ttlMs) {
      onRuntimes(info);
      await store.beat(info, ttlMs);
    },
  };
  return Object.assign(overlaid(store), observed);
}

class SessionWatch {
  readonly #store: Store;
  readonly #observe: ObserveBroker;
  readonly #createdAtMs = new Map<string, number>();

  constructor(store: Store, observe: ObserveBroker) {
    this.#store = store;
    this.#observe = observe;
  }

  remember(id: string, createdAtMs: number): void {
    this.#createdAtMs.set(id, createdAtMs);
    if (this.#createdAtMs.size <= MAX_KNOWN) return;
    // Sessions that went to other brokers are never heard of again: the oldest make room.
    for (const [oldest] of this.#createdAtMs.entries().take(1)) this.#createdAtMs.delete(oldest);
  }

  submitted({ id: sessionId, tenant, route, priority }: Parameters<Store['submit']>[0]): void {
    this.#observe({ type: 'submitted', sessionId, tenant, route, priority });
  }

  started(id: string, runtimeId: string, claim: StartedClaim, traceparent: string | undefined): void {
    const { tenant, attempt, createdAtMs } = claim;
    this.remember(id, createdAtMs);
    const waitMs = Math.max(0, this.#store.nowMs() - createdAtMs);
    this.#observe({
      type: 'started',
      sessionId: id,
      tenant,
      runtimeId,
      attempt,
      waitMs,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
  }

  requeued(id: string, reason: string): void {
    this.#createdAtMs.delete(id);
    this.#observe({ type: 'requeued', sessionId: id, reason });
  }

  /** What was not started here ends in the queue: rare enough for another look, which is returned. */
  ended(end: Ended): Promise<void> | undefined {
    const known = this.#createdAtMs.get(end.id);
    if (known === undefined)
      return this.#store
        .find(end.id)
        .catch(() => undefined)
        .then((record) => this.#tellEnd(end, record?.createdAtMs));
    this.#createdAtMs.delete(end.id);
    this.#tellEnd(end, known);
    return undefined;
  }

  #tellEnd({ id, state, final }: Ended, createdAtMs: number | undefined): void {
    this.#observe({
      type: 'ended',
      sessionId: id,
      state,
      outcome: outcomeOf(final),
      ...(createdAtMs === undefined ? {} : { durationMs: Math.max(0, this.#store.nowMs() - createdAtMs) }),
    });
  }
}

type Ended = Pick<Finish, 'id' | 'state' | 'final'>;
type StartedClaim = Pick<Extract<ClaimReply, { code: 'ok' }>, 'tenant' | 'attempt' | 'createdAtMs'>;

const failedFinal = z.object({ error: z.object({ code: z.string() }) });

/** `ok` or the code of the error. A large result is not parsed for that. */
function outcomeOf(final: string): string {
  if (final.startsWith('{"ok":true')) return 'ok';
  const parsed = failedFinal.safeParse(JSON.parse(final));
  const code = parsed.success ? parsed.data.error.code : '';
  // A runtime may say what it likes; labels are of the table only.
  return Object.hasOwn(OUTCOME_CODES, code) ? code : 'UNKNOWN';
}

/** Tells of every operation that takes time how long it took. */
export function timedStore(store: Store, clock: Clock, observe: ObserveBroker): Store {
  const timed =
    (name: string, operation: Operation): Operation =>
    (...args) => {
      const startMs = clock.nowMs();
      const reply = operation(...args);
      if (!(reply instanceof Promise)) return reply;
      const tell = (isOk: boolean) =>
        observe({ type: 'store_called', operation: name, durationMs: clock.nowMs() - startMs, isOk });
      reply.then(
        () => tell(true),
        () => tell(false),
      );
      return reply;
    };
  return overlaid(store, timed);
}
