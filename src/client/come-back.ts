// Brings the streams of a client back whose broker has said that it goes. One asks for all: of thousands, each would find out for
// itself that nobody is there yet, with a timer and an error of its own.
import { EnclaveError } from '../errors.ts';
import { asConnectionError } from './refusal.ts';
import type { Answer } from './transport.ts';

interface Waiting {
  readonly signal: AbortSignal;
  readonly ask: () => Promise<Answer>;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Between two tries, as a share of the time after which the broker wants its readers back. */
const TRY_SHARE = 0.1;
/** It is tried for so many of these times. */
const PATIENCE = 4;
/** When a broker answers the others follow so many at a time, with pauses, ms: it opens some thousands of streams a second. */
const AT_ONCE = 25;
const STEP_MS = 10;

export class ComeBack {
  readonly #random: () => number;
  readonly #waiting = new Set<Waiting>();
  #isTrying = false;

  /** @param random a number in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Asks when a broker is there again, or another in its place.
   * @param goAfterMs after about so long the broker that goes wants its readers back
   * @throws EnclaveError CONNECTION_LOST when there was none for long; what `ask` throws
   */
  ask(goAfterMs: number, signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
    if (signal.aborted) return Promise.reject(asConnectionError(signal.reason));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const waiting: Waiting = { signal, ask, resolve, reject };
    const onAbort = () => this.#giveUp(waiting, asConnectionError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiting);
    if (!this.#isTrying) void this.#bringBack(goAfterMs);
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  async #bringBack(goAfterMs: number): Promise<void> {
    this.#isTrying = true;
    const untilMs = performance.now() + PATIENCE * goAfterMs;
    // Many clients are asked to go at once: spread over as long again they do not come at once as well.
    await pause(goAfterMs * (0.5 + this.#random()));
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (await this.#tryWith(first, goAfterMs)) await this.#letFollow();
      else if (performance.now() > untilMs) this.#giveUpAll();
      else await pause(goAfterMs * TRY_SHARE * (0.5 + this.#random()));
    }
    this.#isTrying = false;
  }

  /** Whether somebody is there. The others do not wait for an answer that takes long; it may still come. */
  async #tryWith(waiting: Waiting, withinMs: number): Promise<boolean> {
    this.#waiting.delete(waiting);
    const asked = waiting.ask().then(
      (answer) => {
        waiting.resolve(answer);
        return true;
      },
      (thrown: unknown) => {
        const isLost = asConnectionError(thrown).code === 'CONNECTION_LOST';
        if (isLost && this.#isTrying && !waiting.signal.aborted) this.#waiting.add(waiting);
        else waiting.reject(thrown);
        // A broker that refuses is there.
        return !isLost;
      },
    );
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), withinMs);
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #letFollow(): Promise<void> {
    let count = 0;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      waiting.ask().then(waiting.resolve, waiting.reject);
      if (++count % AT_ONCE === 0) await pause(STEP_MS);
    }
  }

  #giveUpAll(): void {
    const error = new EnclaveError('CONNECTION_LOST', 'the broker that went away has not come back');
    for (const waiting of this.#waiting) this.#giveUp(waiting, error);
  }

  #giveUp(waiting: Waiting, error: EnclaveError): void {
    this.#waiting.delete(waiting);
    waiting.reject(error);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
