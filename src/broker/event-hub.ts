// Streams of session events. A stream is a cursor that pulls: nothing is queued for a client that does not read.
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import { isTerminal, type StoredEvent } from '../protocol/events.ts';
import type { EventCursor, NewSession, SessionRecord, Store } from '../store/store.ts';
import { Watch } from './watch.ts';

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
  readonly #watches = new Map<string, Set<Watch>>();
  #isClosing = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#watches.values().reduce((sum, watches) => sum + watches.size, 0);
  }

  ring(id: string, event?: StoredEvent): void {
    for (const watch of this.#watches.get(id) ?? []) watch.ring(event);
  }

  ringAll(): void {
    for (const id of this.#watches.keys()) this.ring(id);
  }

  /** Ends every stream with `reconnect`. */
  close(): void {
    this.#isClosing = true;
    this.ringAll();
  }

  /** Hears of a session from now on. Given what is about to be created it misses nothing. */
  watch(id: string, session?: NewSession): Watch {
    const watches = this.#watches.get(id) ?? new Set();
    const watch = new Watch(session, (closed) => {
      watches.delete(closed);
      if (watches.size === 0 && this.#watches.get(id) === watches) this.#watches.delete(id);
    });
    watches.add(watch);
    this.#watches.set(id, watches);
    return watch;
  }

  /**
   * The events of a session after a cursor, until the final one. Pull the next step when the last one is written.
   * @param watch closed with the stream.
   * @throws EnclaveError NOT_FOUND when the session goes away, STORE_UNAVAILABLE.
   */
  async *stream(
    id: string,
    from: EventCursor,
    signal: AbortSignal,
    watch: Watch = this.watch(id),
  ): AsyncGenerator<StreamStep> {
    const { store, brokerId, clock, heartbeatMs, pageSize } = this.#options;
    let cursor = from;
    const wake = () => watch.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        let events = watch.take(cursor);
        let isWhole = true;
        if (this.#isClosing) {
          // Nothing is read any more: whoever serves the reader next begins at its cursor.
          yield { kind: 'reconnect' };
          return;
        }
        if (events === undefined) {
          const page = await store.read(id, cursor, pageSize, brokerId);
          if (page === undefined) throw new EnclaveError('NOT_FOUND', `there is no session ${id}`);
          if (page.isLost) yield lostStep(page.record, page.events);
          events = page.events;
          isWhole = events.length < pageSize;
          // A session that has ended and has no more events to give is told whole.
          if (events.length === 0 && isTerminal(page.record.state)) return;
          // What is left lies in the store, whether a bell rings or not.
          if (!isWhole) watch.mustRead();
        }
        if (events.length > 0) yield { kind: 'events', events };
        const last = events.at(-1);
        if (last !== undefined) cursor = cursorAt(last);
        if (last?.type === 'final') return;
        if (isWhole && !(await watch.rung(clock, heartbeatMs))) {
          yield { kind: 'heartbeat' };
          // Bells are hints; the store is the truth.
          watch.mustRead();
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
      watch.close();
    }
  }
}

function lostStep(record: SessionRecord, events: readonly StoredEvent[]): StreamStep {
  return { kind: 'lost', record, firstAvailable: events[0]?.seq ?? record.lastSeq + 1 };
}

function cursorAt({ id, seq }: StoredEvent): EventCursor {
  return { seq, epoch: id.slice(0, id.indexOf('-')) };
}
