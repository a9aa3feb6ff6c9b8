// Reads the stream of a session, however often it breaks and is opened again.
import { parseSessionEvent } from '../protocol/event-codec.ts';
import type { SessionEvent } from '../protocol/events.ts';
import { EMPTY_VIEW, reduceSession, type SessionView } from '../protocol/session-reducer.ts';
import { SseParser } from '../protocol/sse.ts';
import type { Answer } from './transport.ts';

/** What a broker may ask for, ms. */
const MAX_GO_AFTER_MS = 10_000;

/** Takes events in, in order and once each. */
export class Follower {
  sessionId = '';
  lastId = '';
  view: SessionView;
  /** The broker that ended the last stream asked to go elsewhere, or come back, after about so long, ms. */
  goAfterMs: number | undefined;
  readonly #onEvent: ((event: SessionEvent) => void) | undefined;
  readonly #silenceMs: number;

  constructor(onEvent: ((event: SessionEvent) => void) | undefined, silenceMs: number, lastSeq = 0) {
    this.#onEvent = onEvent;
    this.#silenceMs = silenceMs;
    this.view = { ...EMPTY_VIEW, lastSeq };
  }

  /** Reads a stream until the final event, a gap, a request to go elsewhere, or its end. */
  async read(answer: Answer): Promise<void> {
    const parser = new SseParser();
    this.goAfterMs = undefined;
    // A broker sends heartbeats; a stream on which nothing comes at all is dead, though nobody has closed it.
    await answer.read(
      (piece) => parser.push(piece).every(({ id, data }) => this.#take(id, data)),
      this.#silenceMs,
    );
  }

  /** False when nothing more of this stream is wanted. */
  #take(id: string, data: string): boolean {
    const event = parseSessionEvent(data);
    if (event === undefined) return true;
    const reduction = reduceSession(this.view, event);
    if (event.type === 'reconnect') this.goAfterMs = Math.min(event.payload.retryMs, MAX_GO_AFTER_MS);
    if (reduction.kind === 'gap' || event.type === 'reconnect') return false;
    if (reduction.kind === 'ignored') return true;
    this.view = reduction.view;
    this.lastId = event.type === 'history_lost' ? '' : id;
    this.#onEvent?.(event);
    return this.view.final === undefined;
  }
}
