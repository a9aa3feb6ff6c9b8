// Brings queued sessions to the runtimes of this broker, and looks after those that others have left behind.
import { PROTOCOL_VERSION } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import type { Attach, RuntimeMessage } from '../protocol/messages.ts';
import { type Bell, type DispatchEntry, ORPHAN_ENTRY_MS } from '../store/store.ts';
import { type ActiveContext, ActiveSession } from './active-session.ts';
import { Reaper } from './reaper.ts';
import { quotas, satisfies } from './routing.ts';
import { RuntimePeer } from './runtime-peer.ts';
import { parseStored } from './session-request.ts';

export interface DispatcherOptions {
  readonly context: Omit<ActiveContext, 'onEnded'>;
  readonly routes: readonly string[];
  /** A runtime that is silent for 2.5 of these is lost, ms. */
  readonly heartbeatMs: number;
  /** An entry that its broker has not renewed for so long is taken over, ms. */
  readonly leaseMs: number;
  /** How long sessions wait for their runtime to come back on a new link, ms. */
  readonly reattachMs: number;
  /** A session of this broker is over: its places are free. */
  readonly onOver: (id: string, tenant: string) => void;
}

const POLL_MS = 1_000;
/** Waits for a session whose entry came before it did, ms; the last one repeats. */
const MISSING_RETRIES_MS = [5, 20, 100, 500, 2_000] as const;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #context: ActiveContext;
  readonly #peers = new Set<RuntimePeer>();
  readonly #active = new Map<string, { readonly session: ActiveSession; peer: RuntimePeer | undefined }>();
  readonly #timers = new Map<string, () => void>();
  readonly #reaper: Reaper;
  #turn = 0;
  #isPumping = false;
  #isPumpAsked = false;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#context = {
      ...options.context,
      onEnded: (session, isOver) => this.#onEnded(session, isOver),
    };
    const { routes, leaseMs, onOver } = options;
    this.#reaper = new Reaper({
      store: this.#context.store,
      brokerId: this.#context.brokerId,
      routes,
      leaseMs,
      onOver,
      hasRoom: (route) => this.#leastLoaded(route) !== undefined,
      place: (entry) => this.#place(entry, true),
    });
  }

  start(): void {
    const { heartbeatMs, leaseMs } = this.#options;
    this.#every('poll', POLL_MS, async () => this.pump());
    this.#every('beat', Math.min(heartbeatMs, leaseMs / 3), () => this.beat());
    // The jitter of one broker against another comes from when each was started.
    this.#every('reap', leaseMs / 2, () => this.#reaper.round());
  }

  get runtimes(): readonly RuntimePeer[] {
    return [...this.#peers];
  }

  get running(): number {
    return this.#active.size;
  }

  onBell(bell: Bell): void {
    if (bell.kind === 'route' || bell.kind === 'resync') this.pump();
    else if (bell.kind === 'cancel') this.#active.get(bell.id)?.session.cancel();
  }

  /** A line to a runtime that has proved who it is. Its first message must be `hello`. */
  accept(link: BrokerLink): void {
    let peer: RuntimePeer | undefined;
    link.onMessage((message) => {
      if (peer !== undefined) this.#hear(peer, message);
      else if (message.type === 'hello' && message.protocolVersion === PROTOCOL_VERSION && !this.#isClosed) {
        peer = new RuntimePeer(message, link, this.#context.clock.nowMs());
        this.#welcome(peer);
      } else link.close(`expected a hello of protocol ${PROTOCOL_VERSION}`);
    });
    link.onClose(() => {
      if (peer !== undefined) this.#left(peer);
    });
  }

  #welcome(peer: RuntimePeer): void {
    const { brokerId } = this.#context;
    const { heartbeatMs } = this.#options;
    this.#peers.add(peer);
    peer.send({ type: 'welcome', protocolVersion: PROTOCOL_VERSION, brokerId, heartbeatMs });
    // Others learn of it at once, so that a submit elsewhere finds a runtime.
    void this.beat().catch(() => {});
    this.pump();
  }

  #hear(peer: RuntimePeer, message: RuntimeMessage): void {
    peer.lastHeardMs = this.#context.clock.nowMs();
    switch (message.type) {
      case 'hello':
        peer.close('a second hello');
        return;
      case 'heartbeat':
        return;
      case 'draining':
        peer.isDraining = true;
        return;
      case 'attach':
        void this.#attach(peer, message).catch(() => peer.close('the store is away'));
        return;
      default: {
        const session = peer.sessions.get(message.id);
        // Its own table decides what a runtime may speak of; the store is not even asked.
        if (session === undefined || session.facts.fence !== message.fence) {
          const { id, fence } = message;
          if (message.type === 'done') peer.send({ type: 'done_ack', id, fence });
          else peer.send({ type: 'cancel', id, fence, reason: 'stale' });
        } else if (message.type === 'tool_call') session.toolCall(message);
        else if (message.type === 'emit') session.emit(message);
        else if (message.type === 'done') session.done(message);
        else void this.#refused(peer, session).catch(() => {});
      }
    }
  }

  /** Takes work for every free slot, until a round brings nothing. Asked for while it runs, it runs once more. */
  pump(): void {
    this.#isPumpAsked = true;
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    void this.#pumpAll().finally(() => {
      this.#isPumping = false;
    });
  }

  async #pumpAll(): Promise<void> {
    while (this.#isPumpAsked && !this.#isClosed) {
      this.#isPumpAsked = false;
      // While the store is away the poll timer asks again.
      const found = await Promise.all(this.#options.routes.map((route) => this.#pumpRoute(route))).catch(
        () => [],
      );
      if (found.some(Boolean)) this.#isPumpAsked = true;
    }
  }

  async #pumpRoute(route: string): Promise<boolean> {
    const peers = [...this.#peers].filter((peer) => satisfies(peer.labels, route));
    const free = peers.reduce((sum, peer) => sum + peer.freeSlots, 0);
    if (free === 0) return false;
    const entries = await this.#context.store.take(route, quotas(free, this.#turn), free);
    this.#turn += entries.length;
    await Promise.all(entries.map((entry) => this.#place(entry, false)));
    return entries.length === free;
  }

  async #place(entry: DispatchEntry, isTakeover: boolean, tries = 0): Promise<void> {
    const peer = this.#leastLoaded(entry.route);
    // The slot it was taken for is gone: after the lease whoever has one takes the entry over.
    if (peer === undefined) return;
    peer.reserved++;
    try {
      const { store, brokerId } = this.#context;
      const { id, entryId } = entry;
      const { runtimeId } = peer;
      const claim = await store.claim({ id, entryId, runtimeId, brokerId, isTakeover });
      if (claim.code === 'ok') this.#begin(peer, entry, claim);
      else if (claim.code === 'lost') await this.#reaper.endLost(entry, claim);
      else if (claim.code === 'missing' && store.nowMs() - entry.atMs < ORPHAN_ENTRY_MS) {
        const wait = MISSING_RETRIES_MS[Math.min(tries, MISSING_RETRIES_MS.length - 1)] ?? 0;
        this.#timers.set(
          `missing ${entryId}`,
          this.#context.clock.setTimer(wait, () => {
            this.#timers.delete(`missing ${entryId}`);
            void this.#place(entry, isTakeover, tries + 1).catch(() => {});
          }),
        );
      } else await store.settle(entry);
    } finally {
      peer.reserved--;
    }
  }

  #begin(
    peer: RuntimePeer,
    entry: DispatchEntry,
    claim: {
      fence: string;
      attempt: number;
      tenant: string;
      source: string;
      request: string;
      deadlineMs: number;
    },
  ): void {
    const { id } = entry;
    const { fence, attempt, tenant, source, deadlineMs } = claim;
    const { args, language, filename, limits, tools } = parseStored(claim.request);
    const facts = { id, fence, entry, tenant, attempt, ...(tools === undefined ? {} : { tools }) };
    const session = new ActiveSession(facts, this.#context, deadlineMs);
    this.#active.set(id, { session, peer });
    peer.sessions.set(id, session);
    session.connect(peer.send);
    peer.send({ type: 'start', id, fence, source, args, language, filename, tenant, limits });
  }

  #leastLoaded(route: string): RuntimePeer | undefined {
    let best: RuntimePeer | undefined;
    for (const peer of this.#peers) {
      if (peer.freeSlots === 0 || !satisfies(peer.labels, route)) continue;
      if (best === undefined || peer.freeSlots / peer.slots > best.freeSlots / best.slots) best = peer;
    }
    return best;
  }

  async #refused(peer: RuntimePeer, session: ActiveSession): Promise<void> {
    const { id, fence } = session.facts;
    this.#forget(session);
    session.abandon();
    await this.#context.store.release(id, fence, `runtime ${peer.runtimeId} did not take it`);
  }

  #onEnded(session: ActiveSession, isOver: boolean): void {
    this.#forget(session);
    const { id, tenant, entry } = session.facts;
    if (isOver) {
      // What fails here is cleaned up by the reaper: the next claim of the entry sees a session that has ended.
      void this.#context.store.settle(entry).catch(() => {});
      this.#options.onOver(id, tenant);
    }
    this.pump();
  }

  #forget(session: ActiveSession): void {
    const known = this.#active.get(session.facts.id);
    if (known?.session !== session) return;
    this.#active.delete(session.facts.id);
    known.peer?.sessions.delete(session.facts.id);
  }

  /** Sessions that a runtime brings along from a line it lost, to this broker or to another. */
  async #attach(peer: RuntimePeer, { sessions }: Attach): Promise<void> {
    for (const { id, fence } of sessions) {
      const known = this.#active.get(id);
      if (known !== undefined && known.session.facts.fence === fence) {
        known.peer?.sessions.delete(id);
        known.peer = peer;
      } else if (!(await this.#adopt(peer, id, fence))) {
        peer.send({ type: 'cancel', id, fence, reason: 'stale' });
        continue;
      }
      const session = this.#active.get(id)?.session;
      if (session === undefined) continue;
      peer.sessions.set(id, session);
      session.connect(peer.send);
      peer.send({ type: 'attached', id, fence });
    }
  }

  async #adopt(peer: RuntimePeer, id: string, fence: string): Promise<boolean> {
    const { store, brokerId } = this.#context;
    const adopted = await store.adopt(id, fence, brokerId);
    const record = await store.find(id);
    if (adopted.code !== 'ok' || record === undefined) return false;
    const { tools } = parseStored(adopted.request);
    const { tenant, attempts: attempt } = record;
    const facts = {
      id,
      fence,
      entry: adopted.entry,
      tenant,
      attempt,
      ...(tools === undefined ? {} : { tools }),
    };
    const session = new ActiveSession(facts, this.#context, record.deadlineMs);
    this.#active.set(id, { session, peer });
    if (adopted.isCancelled) session.cancel();
    return true;
  }

  #left(peer: RuntimePeer): void {
    if (!this.#peers.delete(peer)) return;
    void this.beat().catch(() => {});
    for (const session of peer.sessions.values()) {
      const known = this.#active.get(session.facts.id);
      if (known?.peer !== peer) continue;
      known.peer = undefined;
      session.connect(undefined);
      const name = `lost ${session.facts.id}`;
      this.#timers.set(
        name,
        this.#context.clock.setTimer(this.#options.reattachMs, () => {
          this.#timers.delete(name);
          if (known.peer === undefined) session.lost();
        }),
      );
    }
  }

  /** Tells the store that this broker, its runtimes and its entries are alive; drops runtimes that are silent. */
  async beat(): Promise<void> {
    const { store, brokerId, clock } = this.#context;
    const { heartbeatMs, leaseMs } = this.#options;
    for (const peer of [...this.#peers]) {
      if (clock.nowMs() - peer.lastHeardMs <= 2.5 * heartbeatMs) continue;
      peer.close('silent for too long');
      // A frozen peer answers no close: its line would stay half open for long.
      this.#left(peer);
    }
    const entries = this.#active.values().map(({ session }) => session.facts.entry);
    await Promise.all([
      store.beat({ brokerId, runtimes: [...this.#peers].map((peer) => peer.info) }, leaseMs),
      store.renew([...entries]),
    ]);
  }

  #every(name: string, ms: number, work: () => Promise<void>): void {
    const again = () => {
      if (!this.#isClosed) this.#every(name, ms, work);
    };
    // A round that fails is repeated by the next: the store may be away.
    this.#timers.set(
      name,
      this.#context.clock.setTimer(ms, () => void work().then(again, again)),
    );
  }

  /** Runtimes are told to go elsewhere; what runs is left to them and to the broker they find. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    for (const { session } of this.#active.values()) session.abandon();
    for (const peer of this.#peers) peer.close('the broker is closing');
  }
}
