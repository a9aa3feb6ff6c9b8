// Waits of one length on one timer. Nearly all of them end before their time is over: a timer for each would be made for nothing.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';

interface Wait {
  readonly untilMs: number;
  readonly onOver: () => void;
}

export class Patience {
  readonly #clock: Clock;
  readonly #ms: number;
  /** By number, in the order in which they run out. */
  readonly #waits = new BriefMap<number, Wait>();
  #count = 0;
  #isTimed = false;

  /** @param ms length of a wait */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Calls `onOver` when the time is over, unless what is returned was called before. */
  start(onOver: () => void): () => void {
    const number = ++this.#count;
    this.#waits.set(number, { untilMs: this.#clock.nowMs() + this.#ms, onOver });
    if (!this.#isTimed) this.#look(this.#ms);
    return () => this.#waits.delete(number);
  }

  #look(delayMs: number): void {
    this.#isTimed = true;
    // It may fire long after the last wait has ended: a program is not kept running for that.
    this.#clock.setBackgroundTimer(delayMs, () => {
      this.#isTimed = false;
      const nowMs = this.#clock.nowMs();
      for (const [number, { untilMs, onOver }] of this.#waits) {
        if (untilMs > nowMs) {
          this.#look(untilMs - nowMs);
          return;
        }
        this.#waits.delete(number);
        onOver();
      }
    });
  }
}
