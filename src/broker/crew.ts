// The runtimes that are linked to this broker: who they are, whether they are alive, and which of them takes the next session.
import type { Clock } from '../clock.ts';
import { PROTOCOL_VERSION } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import type { Attach, RuntimeMessage } from '../protocol/messages.ts';
import type { ActiveSession } from './active-session.ts';
import { type RoutingStrategy, satisfies } from './routing.ts';
import { RuntimePeer } from './runtime-peer.ts';

export interface CrewOptions {
  readonly clock: Clock;
  readonly brokerId: string;
  /** A runtime that is silent for 2.5 of these is lost, ms. */
  readonly heartbeatMs: number;
  readonly strategy: RoutingStrategy;
  /** Somebody came, left, or said that it takes no more. */
  readonly onChange: () => void;
  readonly onAttach: (peer: RuntimePeer, message: Attach) => Promise<void>;
  readonly onRefuse: (session: ActiveSession, peer: RuntimePeer) => Promise<void>;
  /** Its line is gone; what it runs may come back on another. */
  readonly onLeft: (peer: RuntimePeer) => void;
}

const SILENT_INTERVALS = 2.5;
/** A look that comes so late tells of this process, not of its runtimes. */
const LATE_INTERVALS = 1.5;

export class Crew {
  readonly #options: CrewOptions;
  readonly #peers = new Set<RuntimePeer>();
  #lookedMs: number;
  #isClosed = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#lookedMs = options.clock.nowMs();
  }

  get peers(): readonly RuntimePeer[] {
    return [...this.#peers];
  }

  has(peer: RuntimePeer): boolean {
    return this.#peers.has(peer);
  }

  /** A line to a runtime that has proved who it is. Its first message must be `hello`. */
  accept(link: BrokerLink): void {
    let peer: RuntimePeer | undefined;
    link.onMessage((message) => {
      if (peer !== undefined) this.#hear(peer, message);
      else if (message.type === 'hello' && message.protocolVersion === PROTOCOL_VERSION && !this.#isClosed) {
        peer = new RuntimePeer(message, link, this.#options.clock);
        this.#welcome(peer);
      } else link.close(`expected a hello of protocol ${PROTOCOL_VERSION}`);
    });
    link.onClose(() => {
      if (peer !== undefined) this.#leave(peer);
    });
  }

  #welcome(peer: RuntimePeer): void {
    const { brokerId, heartbeatMs, onChange } = this.#options;
    // A runtime that is back before its old line was seen to be dead: that line has nothing more to say.
    for (const old of this.#peers) if (old.isSame(peer)) this.#drop(old, 'replaced');
    this.#peers.add(peer);
    peer.send({ type: 'welcome', protocolVersion: PROTOCOL_VERSION, brokerId, heartbeatMs });
    onChange();
  }

  #hear(peer: RuntimePeer, message: RuntimeMessage): void {
    peer.lastHeardMs = this.#options.clock.nowMs();
    switch (message.type) {
      case 'hello':
        peer.close('a second hello');
        return;
      case 'heartbeat':
        return;
      case 'draining':
        peer.isDraining = true;
        this.#options.onChange();
        return;
      case 'attach':
        void this.#options.onAttach(peer, message).catch(() => peer.close('the store is away'));
        return;
      default:
        this.#hearSession(peer, message);
    }
  }

  #hearSession(peer: RuntimePeer, message: Exclude<RuntimeMessage, { type: SessionlessType }>): void {
    const { id, fence } = message;
    const session = peer.sessions.get(id);
    // Its own table decides what a runtime may speak of; the store is not even asked.
    if (session === undefined || session.facts.fence !== fence) {
      if (message.type === 'done') peer.send({ type: 'done_ack', id, fence });
      else peer.send({ type: 'cancel', id, fence, reason: 'stale' });
    } else if (message.type === 'tool_call') session.toolCall(message);
    else if (message.type === 'emit') session.emit(message);
    else if (message.type === 'done') session.done(message);
    else void this.#options.onRefuse(session, peer).catch(() => {});
  }

  /** Drops runtimes that have been silent for too long. To be called at every heartbeat interval, or more often. */
  dropSilent(): void {
    const { clock, heartbeatMs } = this.#options;
    const nowMs = clock.nowMs();
    const wasAway = nowMs - this.#lookedMs > LATE_INTERVALS * heartbeatMs;
    this.#lookedMs = nowMs;
    // Whoever was stopped itself, or had no time, has not listened: what was said meanwhile is still to be read.
    for (const peer of [...this.#peers])
      if (wasAway) peer.lastHeardMs = nowMs;
      else if (nowMs - peer.lastHeardMs > SILENT_INTERVALS * heartbeatMs)
        this.#drop(peer, 'silent for too long');
  }

  /** A frozen peer answers no close, and its line would stay half open for long: it is gone from now on. */
  #drop(peer: RuntimePeer, reason: string): void {
    peer.close(reason);
    this.#leave(peer);
  }

  #leave(peer: RuntimePeer): void {
    if (!this.#peers.delete(peer) || this.#isClosed) return;
    this.#options.onLeft(peer);
    this.#options.onChange();
  }

  freeSlots(route: string): number {
    let free = 0;
    for (const peer of this.#peers) if (satisfies(peer.labels, route)) free += peer.freeSlots;
    return free;
  }

  /** Whether a runtime that takes new work satisfies the route, free or not. */
  serves(route: string): boolean {
    return this.#peers.values().some((peer) => !peer.isDraining && satisfies(peer.labels, route));
  }

  /** The runtime that gets the next session of a route, if one has room. */
  choose(route: string): RuntimePeer | undefined {
    let best: RuntimePeer | undefined;
    for (const peer of this.#peers) {
      if (peer.freeSlots === 0 || !satisfies(peer.labels, route)) continue;
      if (best === undefined || this.#isBetter(peer, best)) best = peer;
    }
    best?.chosen();
    return best;
  }

  #isBetter(peer: RuntimePeer, best: RuntimePeer): boolean {
    if (this.#options.strategy === 'round-robin') return peer.lastChosen < best.lastChosen;
    const [load, least] = [peer.load, best.load];
    // Equals take turns: the first in the list would otherwise get every session of a quiet fleet.
    return load < least || (load === least && peer.lastChosen < best.lastChosen);
  }

  close(): void {
    this.#isClosed = true;
    for (const peer of this.#peers) peer.close('the broker is closing');
  }
}

type SessionlessType = 'hello' | 'heartbeat' | 'draining' | 'attach';
