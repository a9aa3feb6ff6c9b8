// One reader's way through the events of a session: a cursor that pulls. Nothing is queued for a client that does not read,
// and one that waits costs no promise and no timer: a bell, or the beat that all streams of a broker share, wakes it.
import { EnclaveError } from '../errors.ts';
import { isTerminal, type StoredEvent } from '../protocol/events.ts';
import type { EventCursor, EventPage, SessionRecord, Store } from '../store/store.ts';
import type { Watch } from './watch.ts';

export type StreamStep =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  /** Events are gone; the record is what the session is by now. */
  | { readonly kind: 'lost'; readonly record: SessionRecord; readonly firstAvailable: number }
  /** Nothing happened for one heartbeat interval. */
  | { readonly kind: 'heartbeat' }
  /** The broker is closing: go elsewhere, or come back, after so long, ms. */
  | { readonly kind: 'reconnect'; readonly retryMs: number };

/** What the streams of one broker share. */
export interface StreamSource {
  readonly store: Store;
  readonly brokerId: string;
  /** Events read for one client at a time. */
  readonly pageSize: number;
  /** When the broker began to close, ms; nothing is read any more from then on. */
  closingSinceMs: number | undefined;
  /** For the shared beat. */
  readonly nowMs: () => number;
}

/** Readers of a broker that closes are to come back so long after it began to. */
export const RETRY_MS = 1_000;
/** At the earliest, for those that hear of it late, ms. */
const MIN_RETRY_MS = 500;

export class EventStream {
  readonly id: string;
  readonly watch: Watch;
  readonly #source: StreamSource;
  #cursor: EventCursor;
  /** A page that was read before somebody asked for its steps. */
  #page: EventPage | undefined;
  /** Follows the step that was told last. */
  #next: StreamStep | undefined;
  #isOver = false;
  /** When something was told last, ms. */
  #toldMs: number;

  constructor(id: string, from: EventCursor, watch: Watch, source: StreamSource) {
    this.id = id;
    this.watch = watch;
    this.#cursor = from;
    this.#source = source;
    this.#toldMs = source.nowMs();
  }

  /** The session itself, read together with its first events. @throws EnclaveError NOT_FOUND, STORE_UNAVAILABLE */
  async record(): Promise<SessionRecord> {
    // What rings from here on counts.
    this.watch.take(this.#cursor);
    this.#page = await this.#read();
    return this.#page.record;
  }

  /** What to tell next; `idle`: nothing until the watch rings; `end`: nothing ever. @throws EnclaveError NOT_FOUND, STORE_UNAVAILABLE */
  async next(): Promise<StreamStep | 'idle' | 'end'> {
    if (this.#isOver) return 'end';
    // Whoever serves the reader next begins at its cursor.
    const { closingSinceMs, nowMs } = this.#source;
    if (closingSinceMs !== undefined) {
      // To tell thousands takes a while: whoever hears of it late has less to wait.
      const leftMs = Math.round(closingSinceMs + RETRY_MS - nowMs());
      return this.#last({ kind: 'reconnect', retryMs: Math.max(MIN_RETRY_MS, leftMs) });
    }
    const kept = this.#next;
    this.#next = undefined;
    const step = kept ?? (await this.#look());
    if (step === 'idle' || step === 'end') return step;
    this.#toldMs = this.#source.nowMs();
    if (step.kind !== 'events') return step;
    const last = step.events.at(-1);
    if (last !== undefined) this.#cursor = cursorAt(last);
    return last?.type === 'final' ? this.#last(step) : step;
  }

  async #look(): Promise<StreamStep | 'idle' | 'end'> {
    const heard = this.#page === undefined ? this.watch.take(this.#cursor) : undefined;
    if (heard !== undefined) return heard.length === 0 ? 'idle' : { kind: 'events', events: heard };
    const page = this.#page ?? (await this.#read());
    this.#page = undefined;
    const { record, events, isLost } = page;
    // A session that has ended and has no more events to give is told whole.
    if (events.length === 0 && isTerminal(record.state)) this.#isOver = true;
    // What is left lies in the store, whether a bell rings or not.
    if (events.length >= this.#source.pageSize) this.watch.mustRead();
    const told: StreamStep | undefined = events.length > 0 ? { kind: 'events', events } : undefined;
    if (!isLost) return told ?? (this.#isOver ? 'end' : 'idle');
    this.#next = told;
    return { kind: 'lost', record, firstAvailable: events[0]?.seq ?? record.lastSeq + 1 };
  }

  async #read(): Promise<EventPage> {
    const { store, pageSize, brokerId } = this.#source;
    const page = await store.read(this.id, this.#cursor, pageSize, brokerId);
    if (page !== undefined) return page;
    throw new EnclaveError('NOT_FOUND', `there is no session ${JSON.stringify(this.id.slice(0, 64))}`);
  }

  #last(step: StreamStep): StreamStep {
    this.#isOver = true;
    return step;
  }

  /** To be told after so long a silence; then the store is asked again, since bells are hints. */
  beat(silenceMs: number): StreamStep | undefined {
    const now = this.#source.nowMs();
    if (this.#isOver || now - this.#toldMs < silenceMs) return undefined;
    this.#toldMs = now;
    this.watch.mustRead();
    return { kind: 'heartbeat' };
  }

  close(): void {
    this.#isOver = true;
    this.watch.close();
  }
}

/** Where a reader stands that has this event. */
export function cursorAt({ id, seq }: StoredEvent): EventCursor {
  return { seq, epoch: id.slice(0, id.indexOf('-')) };
}
