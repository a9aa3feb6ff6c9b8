// What one stream has heard of its session since it last looked. Events that come along with a bell need not be read; what
// does not follow on, or is too much to keep, is left to the store.
import type { StoredEvent } from '../protocol/events.ts';
import type { EventCursor, NewSession, SessionRecord } from '../store/store.ts';

/** Events kept for a stream whose client is slow; beyond, it reads when it is ready. */
const MAX_HEARD = 16;

export class Watch {
  /** The session that is watched from its creation on. */
  readonly session: NewSession | undefined;
  #heard: StoredEvent[] = [];
  #mustRead: boolean;
  #isRung = false;
  #ended: SessionRecord | undefined;
  #settle: (() => void) | undefined;
  /** Called at every bell, for who does not wait by `rung`. */
  onRing: (() => void) | undefined;
  readonly #onClose: (watch: Watch) => void;

  /** @param session given when it is not created yet: then nothing can have been missed. */
  constructor(session: NewSession | undefined, onClose: (watch: Watch) => void) {
    this.session = session;
    this.#mustRead = session === undefined;
    this.#onClose = onClose;
  }

  /** Without an event there may be anything. */
  ring(event?: StoredEvent): void {
    if (event === undefined || this.#heard.length >= MAX_HEARD) this.mustRead();
    else this.#heard.push(event);
    this.wake();
  }

  /** The session is over, and nothing of it was told before. */
  end(record: SessionRecord): void {
    this.#ended = record;
    this.ring();
  }

  /** What there is to know of the session, once it was told as a whole. */
  get ended(): SessionRecord | undefined {
    return this.#ended;
  }

  wake(): void {
    this.#isRung = true;
    this.#settle?.();
    this.onRing?.();
  }

  mustRead(): void {
    this.#heard = [];
    this.#mustRead = true;
  }

  /** Events that follow the cursor without a gap, perhaps none; `undefined` when the store has to be asked. */
  take(cursor: EventCursor): readonly StoredEvent[] | undefined {
    // Before anything is read: a bell from now on counts.
    this.#isRung = false;
    if (this.#mustRead) {
      this.#mustRead = false;
      return undefined;
    }
    const events = this.#heard.filter(({ seq }) => seq > cursor.seq);
    this.#heard = [];
    return continues(events, cursor) ? events : undefined;
  }

  /** Waits for a bell: at once if one rang since `take`. False when the silence has lasted as long as `limit` says. */
  rung(limit: (onOver: () => void) => () => void): Promise<boolean> {
    if (this.#isRung) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = limit(() => {
        this.#settle = undefined;
        resolve(false);
      });
      this.#settle = () => {
        this.#settle = undefined;
        stop();
        resolve(true);
      };
    });
  }

  close(): void {
    this.#onClose(this);
  }
}

/** Another epoch means that the store was restarted: whether the events before are still there, it has to say. */
function continues(events: readonly StoredEvent[], cursor: EventCursor): boolean {
  let { seq, epoch } = cursor;
  if (seq > 0 && epoch === undefined && events.length > 0) return false;
  for (const event of events) {
    const ofEvent = event.id.slice(0, event.id.indexOf('-'));
    if (event.seq !== seq + 1 || (epoch !== undefined && epoch !== ofEvent)) return false;
    seq = event.seq;
    epoch = ofEvent;
  }
  return true;
}
