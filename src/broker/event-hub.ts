// The streams of session events at one broker: who follows which session, who is woken by which bell, who gets a heartbeat.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import type { StoredEvent } from '../protocol/events.ts';
import type { EventCursor, NewSession, SessionRecord, Store } from '../store/store.ts';
import { cursorAt, EventStream, type StreamSource, type StreamStep } from './event-stream.ts';
import { Patience } from './patience.ts';
import { recordOfNew, told } from './told-record.ts';
import { Watch } from './watch.ts';

export interface EventHubOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  readonly heartbeatMs: number;
  /** Events read for one client at a time. */
  readonly pageSize: number;
}

/** Looks for silent streams in one heartbeat interval. */
const BEATS = 8;

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #source: StreamSource;
  /** For silences of a heartbeat interval. */
  readonly #patience: Patience;
  readonly #beats = new Map<EventStream, (step: StreamStep) => void>();
  #stopBeating: () => void = () => {};
  readonly #watches = new BriefMap<string, Set<Watch>>();

  constructor(options: EventHubOptions) {
    this.#options = options;
    const { store, brokerId, pageSize, clock } = options;
    this.#patience = new Patience(clock, options.heartbeatMs);
    this.#source = { store, brokerId, pageSize, nowMs: () => clock.nowMs(), closingSinceMs: undefined };
  }

  get clients(): number {
    return this.#watches.values().reduce((sum, watches) => sum + watches.size, 0);
  }

  ring(id: string, event?: StoredEvent): void {
    for (const watch of this.#watches.get(id) ?? []) watch.ring(event);
  }

  /** A session that was kept back has ended. */
  end(record: SessionRecord): void {
    for (const watch of this.#watches.get(record.id) ?? []) watch.end(record);
  }

  ringAll(): void {
    for (const id of this.#watches.keys()) this.ring(id);
  }

  /** Ends every stream with `reconnect`. */
  close(): void {
    this.#source.closingSinceMs ??= this.#options.clock.nowMs();
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

  /** The events of a session after a cursor, until the final one. Close it. @param watch closed with the stream. */
  open(id: string, from: EventCursor, watch: Watch = this.watch(id)): EventStream {
    return new EventStream(id, from, watch, this.#source);
  }

  /**
   * What has become of a session that is watched from its creation on, when it has ended; `undefined` when the time is over, or
   * the store has to be asked. Most sessions end in the very process that waits for them: they are not read back.
   * @param watch closed when this ends.
   */
  async follow(watch: Watch, timeoutMs: number): Promise<SessionRecord | undefined> {
    const { clock } = this.#options;
    const endMs = clock.nowMs() + timeoutMs;
    let cursor: EventCursor = { seq: 0 };
    let record = watch.session === undefined ? undefined : recordOfNew(watch.session);
    try {
      while (record !== undefined && this.#source.closingSinceMs === undefined) {
        if (watch.ended !== undefined) return watch.ended;
        const events = watch.take(cursor);
        if (events === undefined) return undefined;
        record = events.reduce(told, record);
        const last = events.at(-1);
        if (last !== undefined) cursor = cursorAt(last);
        const leftMs = endMs - clock.nowMs();
        if (last?.type === 'final') return record;
        if (leftMs <= 0) return undefined;
        // Bells are hints; after a silence the store is asked.
        if (!(await watch.rung(this.#silence(leftMs)))) return undefined;
      }
      return undefined;
    } finally {
      watch.close();
    }
  }

  /** Begins a silence: it is over after a heartbeat interval, or what is left of the time, ms. */
  #silence(leftMs = Infinity): (onOver: () => void) => () => void {
    const { clock, heartbeatMs } = this.#options;
    return (onOver) => (leftMs < heartbeatMs ? clock.setTimer(leftMs, onOver) : this.#patience.start(onOver));
  }

  /**
   * The steps of a stream, one after the other. Pull the next when the last one is written.
   * @throws EnclaveError NOT_FOUND when the session goes away, STORE_UNAVAILABLE.
   */
  async *stream(
    id: string,
    from: EventCursor,
    signal: AbortSignal,
    watch: Watch = this.watch(id),
  ): AsyncGenerator<StreamStep> {
    const stream = this.open(id, from, watch);
    const wake = () => watch.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        const step = await stream.next();
        if (step === 'end') return;
        if (step !== 'idle') yield step;
        else if (!(await watch.rung(this.#silence()))) watch.mustRead();
      }
    } finally {
      signal.removeEventListener('abort', wake);
      stream.close();
    }
  }

  /**
   * Calls `onBeat` for a stream after each heartbeat interval in which nothing was told. One timer looks after all of them.
   * @returns ends it.
   */
  beatFor(stream: EventStream, onBeat: (step: StreamStep) => void): () => void {
    this.#beats.set(stream, onBeat);
    if (this.#beats.size === 1) this.#schedule();
    return () => {
      this.#beats.delete(stream);
      if (this.#beats.size === 0) this.#stopBeating();
    };
  }

  #schedule(): void {
    const { clock, heartbeatMs } = this.#options;
    this.#stopBeating();
    this.#stopBeating = clock.setTimer(heartbeatMs / BEATS, () => {
      // No later than an interval after the last word, however the looks fall.
      for (const [stream, onBeat] of this.#beats) {
        const step = stream.beat(heartbeatMs * (1 - 1 / BEATS));
        if (step !== undefined) onBeat(step);
      }
      if (this.#beats.size > 0) this.#schedule();
    });
  }
}
