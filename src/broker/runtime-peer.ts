// One runtime that is linked to this broker: what it said about itself, and the sessions it holds.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import type { Labels } from '../protocol/events.ts';
import type { BrokerLink } from '../protocol/link.ts';
import type { BrokerMessage, Hello } from '../protocol/messages.ts';
import type { RuntimeInfo } from '../store/fleet-operations.ts';
import type { ActiveSession } from './active-session.ts';

/** With more than this waiting on its line a runtime gets no new work, bytes. */
const MAX_BACKLOG_BYTES = 2 ** 20;
/** How long a message that nobody waits for may lie, ms. */
const SOON_MS = 20;
/** Choices so far, over all runtimes of the process: orders them by when each was chosen last. */
let choices = 0;

export class RuntimePeer {
  readonly runtimeId: string;
  readonly instance: string | undefined;
  readonly labels: Labels;
  readonly slots: number;
  readonly sessions: BriefMap<string, ActiveSession> = new BriefMap();
  lastHeardMs: number;
  /** Places promised to sessions that are just being claimed. */
  reserved = 0;
  isDraining = false;
  readonly #link: BrokerLink;
  #lastChosen = 0;

  constructor(hello: Hello, link: BrokerLink, clock: Clock) {
    this.runtimeId = hello.runtimeId;
    this.instance = hello.instance;
    this.labels = hello.labels;
    this.slots = hello.slots;
    this.lastHeardMs = clock.nowMs();
    this.#link = link;
  }

  /** Whether it is the runtime that was on another line before. */
  isSame(other: RuntimePeer): boolean {
    return this.instance !== undefined && this.instance === other.instance;
  }

  get freeSlots(): number {
    if (this.isDraining || this.#link.backlogBytes() > MAX_BACKLOG_BYTES) return 0;
    return Math.max(0, this.slots - this.sessions.size - this.reserved);
  }

  /** Share of its places that are taken or promised, 0..1. */
  get load(): number {
    return (this.sessions.size + this.reserved) / this.slots;
  }

  /** Number of the last choice that fell on it; 0 before the first. */
  get lastChosen(): number {
    return this.#lastChosen;
  }

  chosen(): void {
    this.#lastChosen = ++choices;
  }

  get info(): RuntimeInfo {
    const { runtimeId, labels, slots } = this;
    return { runtimeId, labels, slots: this.isDraining ? 0 : slots, busy: this.sessions.size };
  }

  readonly send: (message: BrokerMessage) => void = (message) => {
    this.#link.send(message);
  };

  /** For what the runtime does not wait for. */
  readonly sendSoon: (message: BrokerMessage) => void = (message) => {
    this.#link.send(message, SOON_MS);
  };

  close(reason: string): void {
    this.#link.close(reason);
  }
}
