// One runtime that is linked to this broker: what it said about itself, and the sessions it holds.
import type { Labels } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import type { BrokerMessage, Hello } from '../protocol/messages.ts';
import type { RuntimeInfo } from '../store/store.ts';
import type { ActiveSession } from './active-session.ts';

/** With more than this waiting on its line a runtime gets no new work, bytes. */
const MAX_BACKLOG_BYTES = 2 ** 20;

export class RuntimePeer {
  readonly runtimeId: string;
  readonly labels: Labels;
  readonly slots: number;
  readonly sessions: Map<string, ActiveSession> = new Map();
  lastHeardMs: number;
  /** Places promised to sessions that are just being claimed. */
  reserved = 0;
  isDraining = false;
  readonly #link: BrokerLink;

  constructor(hello: Hello, link: BrokerLink, nowMs: number) {
    this.runtimeId = hello.runtimeId;
    this.labels = hello.labels;
    this.slots = hello.slots;
    this.lastHeardMs = nowMs;
    this.#link = link;
  }

  get freeSlots(): number {
    if (this.isDraining || this.#link.backlogBytes() > MAX_BACKLOG_BYTES) return 0;
    return Math.max(0, this.slots - this.sessions.size - this.reserved);
  }

  get info(): RuntimeInfo {
    const { runtimeId, labels, slots } = this;
    return { runtimeId, labels, slots: this.isDraining ? 0 : slots, busy: this.sessions.size };
  }

  readonly send: (message: BrokerMessage) => void = (message) => this.#link.send(message);

  close(reason: string): void {
    this.#link.close(reason);
  }
}
