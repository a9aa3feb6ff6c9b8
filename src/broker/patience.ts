// Waits of one length on one timer. Nearly all of them end before their time is over: a timer for each would be made for nothing.
import type { Clock } from '../clock.ts';

interface Wait {
  readonly untilMs: number;
  readonly onOver: () => void;
}

export class Patience {
  readonly #clock: Clock;
  readonly #ms: number;
  /** In the order in which they run out. */
  readonly #waits = new Set<Wait>();
  #isTimed = false;

  /** @param ms length of a wait */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Calls `onOver` when the time is over, unless what is returned was called before. */
  start(onOver: () => void): () => void {
    const wait = { untilMs: this.#clock.nowMs() + this.#ms, onOver };
    this.#waits.add(wait);
    if (!this.#isTimed) this.#look(this.#ms);
    return () => this.#waits.delete(wait);
  }

  #look(delayMs: number): void {
    this.#isTimed = true;
    this.#clock.setTimer(delayMs, () => {
      this.#isTimed = false;
      const nowMs = this.#clock.nowMs();
      for (const wait of this.#waits) {
        if (wait.untilMs > nowMs) {
          this.#look(wait.untilMs - nowMs);
          return;
        }
        this.#waits.delete(wait);
        wait.onOver();
      }
    });
  }
}
