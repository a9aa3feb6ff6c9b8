// Brings queued sessions to the runtimes of this broker, and looks after those that others have left behind.
import type { BrokerLink } from '../protocol/link.ts';
import { type Bell, DIRECT_ENTRY, type DispatchEntry, ORPHAN_ENTRY_MS } from '../store/store.ts';
import type { ActiveContext, ActiveSession } from './active-session.ts';
import { Assignments, type Claimed } from './assignments.ts';
import { Crew } from './crew.ts';
import { HandOuts } from './hand-outs.ts';
import { Reaper } from './reaper.ts';
import { quotas, type RoutingStrategy } from './routing.ts';
import type { RuntimePeer } from './runtime-peer.ts';
import { parseStored, type StoredRequest } from './session-request.ts';
import type { Submission } from './submission.ts';

export interface DispatcherOptions {
  readonly context: Omit<ActiveContext, 'onEnded'>;
  readonly routes: readonly string[];
  readonly strategy: RoutingStrategy;
  /** A runtime that is silent for 2.5 of these is lost, ms. */
  readonly heartbeatMs: number;
  /** An entry that its broker has not renewed for so long is taken over, ms. */
  readonly leaseMs: number;
  /** How long sessions wait for their runtime to come back on a new link, ms. */
  readonly reattachMs: number;
  /** A session of this broker is over: its places are free. */
  readonly onOver: (id: string, tenant: string, route: string) => void;
  /** Sessions that end here, by route, per second: told to the other brokers. */
  readonly rates: () => Readonly<Record<string, number>>;
}

const POLL_MS = 1_000;
/** Waits for a session whose entry came before it did, ms; the last one repeats. */
const MISSING_RETRIES_MS = [5, 20, 100, 500, 2_000] as const;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #context: ActiveContext;
  readonly #crew: Crew;
  readonly #assignments: Assignments;
  readonly #handOuts: HandOuts;
  readonly #timers = new Map<string, () => void>();
  /** Routes whose queue had nothing left for us when it was last looked at. */
  readonly #emptyRoutes = new Set<string>();
  readonly #reaper: Reaper;
  #turn = 0;
  #isPumping = false;
  #isPumpAsked = false;
  #isDraining = false;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    const { routes, strategy, heartbeatMs, leaseMs, reattachMs, onOver } = options;
    const onEnded: ActiveContext['onEnded'] = (session, isOver) => this.#onEnded(session, isOver);
    const context = { ...options.context, onEnded };
    const { store, clock, brokerId } = context;
    this.#options = options;
    this.#context = context;
    const isHeld = (id: string) => this.#assignments.get(id) !== undefined;
    this.#handOuts = new HandOuts({ store, clock, brokerId, isHeld });
    const release: HandOuts['release'] = (...args) => this.#handOuts.release(...args);
    this.#assignments = new Assignments({ context, clock, reattachMs, release });
    this.#crew = new Crew({
      clock,
      brokerId,
      heartbeatMs,
      strategy,
      onChange: () => {
        // Others learn of it at once, so that a submit elsewhere finds a runtime.
        void this.beat().catch(() => {});
        this.pump();
      },
      onAttach: (peer, message) => this.#assignments.attach(peer, message),
      onRefuse: (session, peer) =>
        this.#assignments.giveBack(session, `runtime ${peer.runtimeId} did not take it`),
      onLeft: (peer) => this.#assignments.left(peer),
    });
    this.#reaper = new Reaper({
      store,
      handOuts: this.#handOuts,
      routes,
      leaseMs,
      onOver,
      isOurs: (id) => isHeld(id) || this.#handOuts.isOpen(id),
      hasRoom: (route) => !this.#isDraining && this.#crew.freeSlots(route) > 0,
      place: (entry) => this.#place(entry, true),
    });
  }

  start(): void {
    const { heartbeatMs, leaseMs } = this.#options;
    this.#every('poll', POLL_MS, async () => this.pump());
    // Apart from the beat, which may have to wait for the store.
    this.#every('listen', heartbeatMs, async () => this.#crew.dropSilent());
    this.#every('beat', Math.min(heartbeatMs, leaseMs / 3), () => this.beat());
    // The jitter of one broker against another comes from when each was started.
    this.#every('reap', leaseMs / 2, () => this.#reaper.round());
  }

  get runtimes(): readonly RuntimePeer[] {
    return this.#crew.peers;
  }

  get running(): number {
    return this.#assignments.size;
  }

  /** Whether a runtime of this broker takes sessions of the route. */
  serves(route: string): boolean {
    return this.#crew.serves(route);
  }

  accept(link: BrokerLink): void {
    this.#crew.accept(link);
  }

  onBell(bell: Bell): void {
    if (bell.kind === 'route') this.#emptyRoutes.delete(bell.route);
    else if (bell.kind === 'resync') this.#emptyRoutes.clear();
    if (bell.kind === 'route' || bell.kind === 'resync') this.pump();
    else if (bell.kind === 'cancel') this.#assignments.get(bell.id)?.cancel();
    else if (bell.kind === 'tool') this.#assignments.get(bell.id)?.onToolEnded();
  }

  /** Whether a session of the route could start here at once without overtaking one that waits. */
  canRunNow(route: string): boolean {
    return !this.#isDraining && this.#emptyRoutes.has(route) && this.#crew.freeSlots(route) > 0;
  }

  /**
   * Creates a session and starts it in one step; `undefined` when it has to go through the queue.
   * @param options.isAlone it will not be queued, so it overtakes nobody.
   */
  async runNow(
    session: Submission,
    { isAlone = false }: { readonly isAlone?: boolean } = {},
  ): Promise<'created' | 'exists' | 'late' | undefined> {
    const { id, tenant, route, source, atMs: createdAtMs, deadlineMs } = session;
    const mayRun = isAlone ? !this.#isDraining : this.canRunNow(route);
    const peer = mayRun ? this.#crew.choose(route) : undefined;
    if (peer === undefined) return undefined;
    const { store, brokerId } = this.#context;
    const { leaseMs } = this.#options;
    peer.reserved++;
    try {
      const { runtimeId } = peer;
      const claimId = this.#handOuts.nextClaimId();
      const reply = await store.submitClaimed(session, { runtimeId, brokerId, leaseMs, claimId });
      if (reply.code !== 'created') return reply.code;
      const claim = {
        code: 'ok',
        fence: reply.fence,
        attempt: 1,
        tenant,
        source,
        createdAtMs,
        deadlineMs,
      } as const;
      const begun = this.#begin(peer, { ...reply.entry, id }, claim, session.stored);
      if (begun !== undefined) await begun;
      return reply.code;
    } catch (error) {
      // It may be there all the same, handed out and begun by nobody.
      this.#handOuts.undo(id);
      throw error;
    } finally {
      peer.reserved--;
    }
  }

  /** Takes work for every free slot, until a round brings nothing. Asked for while it runs, it runs once more. */
  pump(): void {
    this.#isPumpAsked = true;
    if (this.#isPumping || this.#isDraining) return;
    this.#isPumping = true;
    void this.#pumpAll().finally(() => {
      this.#isPumping = false;
    });
  }

  async #pumpAll(): Promise<void> {
    while (this.#isPumpAsked && !this.#isDraining) {
      this.#isPumpAsked = false;
      // While the store is away the poll timer asks again.
      const found = await Promise.all(this.#options.routes.map((route) => this.#pumpRoute(route))).catch(
        () => [],
      );
      if (found.some(Boolean)) this.#isPumpAsked = true;
    }
  }

  async #pumpRoute(route: string): Promise<boolean> {
    const free = this.#crew.freeSlots(route);
    if (free === 0) return false;
    const entries = await this.#context.store.take(route, quotas(free, this.#turn), free);
    this.#turn += entries.length;
    if (entries.length < free) this.#emptyRoutes.add(route);
    else this.#emptyRoutes.delete(route);
    await Promise.all(entries.map((entry) => this.#place(entry, false)));
    return entries.length === free;
  }

  async #place(entry: DispatchEntry, isTakeover: boolean, tries = 0): Promise<void> {
    const { store } = this.#context;
    const peer = this.#isDraining ? undefined : this.#crew.choose(entry.route);
    // The slot it was taken for is gone: back to the queue, where whoever has one finds it at once.
    if (peer === undefined) return await store.putBack(entry);
    peer.reserved++;
    await this.#handOuts.claim(entry, { runtimeId: peer.runtimeId, isTakeover }, async (claim) => {
      try {
        if (claim?.code === 'ok') await this.#begin(peer, entry, claim, parseStored(claim.request));
        else if (claim?.code === 'lost') await this.#reaper.endLost(entry, claim);
        else if (claim?.code === 'missing' && store.nowMs() - entry.atMs < ORPHAN_ENTRY_MS) {
          const wait = MISSING_RETRIES_MS[Math.min(tries, MISSING_RETRIES_MS.length - 1)] ?? 0;
          this.#once(`missing ${entry.entryId}`, wait, () => this.#place(entry, isTakeover, tries + 1));
        } else if (claim !== undefined) await store.settle(entry);
      } finally {
        peer.reserved--;
      }
    });
  }

  #begin(
    peer: RuntimePeer,
    entry: DispatchEntry,
    claim: Claimed,
    stored: StoredRequest,
  ): Promise<void> | undefined {
    // It left while the claim was under way: nothing was sent, so the next runtime may have the session.
    if (!this.#crew.has(peer))
      return this.#handOuts.release(entry, claim.fence, `runtime ${peer.runtimeId} left`);
    this.#assignments.begin(peer, entry, claim, stored);
    return undefined;
  }

  /** Ended here, or to be forgotten since another broker has it. */
  #onEnded(session: ActiveSession, isOver: boolean): void {
    this.#assignments.forget(session);
    const { id, tenant, entry } = session.facts;
    if (isOver) {
      // What fails here is cleaned up by the reaper: the next claim of the entry sees a session that has ended.
      if (entry.entryId !== DIRECT_ENTRY) void this.#context.store.settle(entry).catch(() => {});
      this.#options.onOver(id, tenant, entry.route);
    }
    // Where nothing was left a bell tells of what is new.
    if (this.#options.routes.some((route) => !this.#emptyRoutes.has(route))) this.pump();
  }

  /** Tells the store that this broker, its runtimes and its entries are alive. */
  async beat(): Promise<void> {
    const { store, brokerId } = this.#context;
    const { leaseMs } = this.#options;
    const runtimes = this.#crew.peers.map((peer) => peer.info);
    await Promise.all([
      store.beat({ brokerId, runtimes, rates: this.#options.rates() }, leaseMs),
      store.renew([...this.#assignments.entries(), ...this.#handOuts.entries()], leaseMs),
    ]);
  }

  #once(name: string, ms: number, work: () => Promise<void>): void {
    const fire = () => {
      this.#timers.delete(name);
      void work().catch(() => {});
    };
    if (!this.#isClosed) this.#timers.set(name, this.#context.clock.setTimer(ms, fire));
  }

  #every(name: string, ms: number, work: () => Promise<void>): void {
    // A round that fails is repeated by the next: the store may be away.
    this.#once(name, ms, () => work().finally(() => this.#every(name, ms, work)));
  }

  /** Takes no more work: what is queued is for other brokers. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Runtimes are told to go elsewhere; what runs is left to them and to the broker they find. */
  close(): void {
    this.#isDraining = true;
    this.#isClosed = true;
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    this.#handOuts.close();
    this.#assignments.close();
    this.#crew.close();
  }
}
