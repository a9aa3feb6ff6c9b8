// The sessions that runtimes of this broker run, and which runtime holds each of them, on this line or the next.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import type { Attach } from '../protocol/messages.ts';
import type { ClaimReply, DispatchEntry } from '../store/store.ts';
import { type ActiveContext, ActiveSession } from './active-session.ts';
import type { RuntimePeer } from './runtime-peer.ts';
import { parseStored, type StoredRequest } from './session-request.ts';

export interface AssignmentsOptions {
  readonly context: ActiveContext;
  readonly clock: Clock;
  /** How long sessions wait for their runtime to come back on a new link, ms. */
  readonly reattachMs: number;
  /** Queues a session again of which nothing has run. */
  readonly release: (entry: DispatchEntry, fence: string, reason: string) => Promise<void>;
}

interface Held {
  readonly session: ActiveSession;
  /** Where it was handed out; `peer` is where it is now. */
  readonly starter: RuntimePeer;
  peer: RuntimePeer | undefined;
  stopWaiting: () => void;
}

/** A session that was claimed; what it asks for is known beside. */
export type Claimed = Omit<Extract<ClaimReply, { code: 'ok' }>, 'request'>;

export class Assignments {
  readonly #options: AssignmentsOptions;
  readonly #held = new BriefMap<string, Held>();

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  get(id: string): ActiveSession | undefined {
    return this.#held.get(id)?.session;
  }

  entries(): DispatchEntry[] {
    return [...this.#held.values().map(({ session }) => session.facts.entry)];
  }

  /** Hands a claimed session to a runtime. */
  begin(peer: RuntimePeer, entry: DispatchEntry, claim: Claimed, stored: StoredRequest): void {
    const { id } = entry;
    const { fence, attempt, tenant, source, deadlineMs } = claim;
    const { args, language, filename, limits, tools, cache } = stored;
    const facts = {
      id,
      fence,
      entry,
      tenant,
      attempt,
      ...(tools === undefined ? {} : { tools }),
      ...(cache === undefined ? {} : { cache }),
    };
    this.#hold(peer, new ActiveSession(facts, this.#options.context, deadlineMs));
    const traceparent = this.#options.context.traceparentOf(id);
    const traced = traceparent === undefined ? {} : { traceparent };
    peer.send({ type: 'start', id, fence, source, args, language, filename, tenant, limits, ...traced });
  }

  #hold(peer: RuntimePeer, session: ActiveSession): void {
    this.#held.set(session.facts.id, { session, starter: peer, peer: undefined, stopWaiting: () => {} });
    this.#connect(peer, session.facts.id);
  }

  #connect(peer: RuntimePeer, id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.stopWaiting();
    held.peer?.sessions.delete(id);
    held.peer = peer;
    peer.sessions.set(id, held.session);
    held.session.connect(peer);
  }

  /** Sessions that a runtime brings along from a line it lost, to this broker or to another. */
  async attach(peer: RuntimePeer, { sessions }: Attach): Promise<void> {
    const brought = new Set(sessions.map(({ id, fence }) => `${id} ${fence}`));
    for (const { id, fence } of sessions) {
      const isKnown = this.#held.get(id)?.session.facts.fence === fence;
      if (isKnown) this.#connect(peer, id);
      else if (!(await this.#adopt(peer, id, fence))) {
        peer.send({ type: 'cancel', id, fence, reason: 'stale' });
        continue;
      }
      if (this.#held.has(id)) peer.send({ type: 'attached', id, fence });
    }
    await this.#takeBackUnheard(peer, brought);
  }

  /** What was handed to a runtime that never heard of it has not begun: its `start` was lost with the line. */
  async #takeBackUnheard(peer: RuntimePeer, brought: ReadonlySet<string>): Promise<void> {
    const unheard = this.#held
      .values()
      .filter(
        (held) =>
          held.peer === undefined &&
          peer.isSame(held.starter) &&
          !brought.has(`${held.session.facts.id} ${held.session.facts.fence}`),
      )
      .toArray();
    for (const { session } of unheard) await this.giveBack(session, 'the line to its runtime was cut');
  }

  async #adopt(peer: RuntimePeer, id: string, fence: string): Promise<boolean> {
    const { store, brokerId } = this.#options.context;
    const adopted = await store.adopt(id, fence, brokerId);
    const record = await store.find(id);
    if (adopted.code !== 'ok' || record === undefined) return false;
    // What it called before is not known here: its result is not kept.
    const { tools } = parseStored(adopted.request);
    const { tenant, attempts: attempt, deadlineMs } = record;
    const { entry } = adopted;
    const facts = { id, fence, entry, tenant, attempt, ...(tools === undefined ? {} : { tools }) };
    const session = new ActiveSession(facts, this.#options.context, deadlineMs);
    this.#hold(peer, session);
    if (adopted.isCancelled) session.cancel();
    return true;
  }

  /** The line of a runtime is gone: its sessions wait a little for the next one, then they are lost. */
  left(peer: RuntimePeer): void {
    const { clock, reattachMs, context } = this.#options;
    // The runtime may come back at another broker, which has to find them.
    void context.store.writeOut?.([...peer.sessions.keys()]).catch(() => {});
    for (const { facts } of [...peer.sessions.values()]) {
      const held = this.#held.get(facts.id);
      if (held?.peer !== peer) continue;
      held.peer = undefined;
      held.session.connect(undefined);
      held.stopWaiting = clock.setTimer(reattachMs, () => {
        if (held.peer === undefined) held.session.lost();
      });
    }
    peer.sessions.clear();
  }

  /** Nothing of the script has run: the session goes back to its queue, for any broker. */
  async giveBack(session: ActiveSession, reason: string): Promise<void> {
    const { entry, fence } = session.facts;
    this.forget(session);
    session.abandon();
    await this.#options.release(entry, fence, reason);
  }

  forget(session: ActiveSession): void {
    const { id } = session.facts;
    const held = this.#held.get(id);
    if (held?.session !== session) return;
    held.stopWaiting();
    this.#held.delete(id);
    held.peer?.sessions.delete(id);
  }

  /** What runs is left to its runtimes and to the broker they find. */
  close(): void {
    for (const { session, stopWaiting } of this.#held.values()) {
      stopWaiting();
      session.abandon();
    }
    // The lines of their runtimes close next: nobody is to wait for those to come back.
    this.#held.clear();
  }
}
