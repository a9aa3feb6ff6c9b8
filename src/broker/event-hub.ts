// Streams of session events. A stream is a cursor that pulls: nothing is queued for a client that does not read.
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import { isTerminal, type StoredEvent } from '../protocol/events.ts';
import type { EventCursor, SessionRecord, Store } from '../store/store.ts';

export type StreamStep =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  /** Events are gone; the record is what the session is by now. */
  | { readonly kind: 'lost'; readonly record: SessionRecord; readonly firstAvailable: number }
  /** Nothing happened for one heartbeat interval. */
  | { readonly kind: 'heartbeat' }
  /** The broker is closing: go elsewhere. */
  | { readonly kind: 'reconnect' };

export interface EventHubOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  readonly heartbeatMs: number;
  /** Events read for one client at a time. */
  readonly pageSize: number;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #waiting = new Map<string, Set<() => void>>();
  #isClosing = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#waiting.values().reduce((sum, waiters) => sum + waiters.size, 0);
  }

  ring(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  ringAll(): void {
    for (const id of this.#waiting.keys()) this.ring(id);
  }

  /** Ends every stream with `reconnect`. */
  close(): void {
    this.#isClosing = true;
    this.ringAll();
  }

  /**
   * The events of a session after a cursor, until the final one. Pull the next step when the last one is written.
   * @throws EnclaveError NOT_FOUND when the session goes away, STORE_UNAVAILABLE.
   */
  async *stream(id: string, from: EventCursor, signal: AbortSignal): AsyncGenerator<StreamStep> {
    const { store, brokerId, pageSize } = this.#options;
    let cursor = from;
    const bell = this.#listen(id, signal);
    try {
      while (!signal.aborted) {
        bell.rearm();
        const page = await store.read(id, cursor, pageSize, brokerId);
        if (page === undefined) throw new EnclaveError('NOT_FOUND', `there is no session ${id}`);
        if (page.isLost) yield lostStep(page.record, page.events);
        if (page.events.length > 0) yield { kind: 'events', events: page.events };
        const last = page.events.at(-1);
        if (last !== undefined) cursor = cursorAt(last);
        // A session that has ended and has no more events to give is told whole.
        if (last?.type === 'final' || (isTerminal(page.record.state) && page.events.length === 0)) return;
        if (this.#isClosing) {
          yield { kind: 'reconnect' };
          return;
        }
        if (page.events.length < pageSize && !(await bell.rung())) yield { kind: 'heartbeat' };
      }
    } finally {
      bell.close();
    }
  }

  /** A bell that was rung since `rearm` counts as rung: no event between a read and a wait is missed. */
  #listen(
    id: string,
    signal: AbortSignal,
  ): { rearm: () => void; rung: () => Promise<boolean>; close: () => void } {
    const { clock, heartbeatMs } = this.#options;
    let isRung = false;
    let settle: (() => void) | undefined;
    const wake = () => {
      isRung = true;
      settle?.();
    };
    const waiters = this.#waiting.get(id) ?? new Set();
    waiters.add(wake);
    this.#waiting.set(id, waiters);
    signal.addEventListener('abort', wake, { once: true });
    return {
      rearm: () => {
        isRung = false;
      },
      rung: () =>
        new Promise((resolve) => {
          const stop = clock.setTimer(heartbeatMs, () => resolve(false));
          settle = () => {
            stop();
            resolve(true);
          };
          if (isRung) settle();
        }),
      close: () => {
        signal.removeEventListener('abort', wake);
        waiters.delete(wake);
        if (waiters.size === 0) this.#waiting.delete(id);
      },
    };
  }
}

function lostStep(record: SessionRecord, events: readonly StoredEvent[]): StreamStep {
  return { kind: 'lost', record, firstAvailable: events[0]?.seq ?? record.lastSeq + 1 };
}

function cursorAt({ id, seq }: StoredEvent): EventCursor {
  return { seq, epoch: id.slice(0, id.indexOf('-')) };
}
