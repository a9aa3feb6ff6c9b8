// Gives a run up when there is nobody to measure.
import type { LoadOutcome } from './load-target.ts';

/** A run whose first so many executions, over so long, all found nobody there is given up. */
const UNREACHABLE_COUNT = 10;
const UNREACHABLE_MS = 1_000;

export class ReachWatch {
  #count = 0;
  #wasReached = false;

  /** True when it is time to give up. */
  note(outcome: LoadOutcome | undefined, nowMs: number): boolean {
    if (this.#wasReached) return false;
    if (outcome?.error?.isUnreachable !== true) {
      this.#wasReached = true;
      return false;
    }
    this.#count += 1;
    return this.#count >= UNREACHABLE_COUNT && nowMs >= UNREACHABLE_MS;
  }
}
