// What isolates and contexts leave behind. To this thread's garbage collector their handles are a few bytes, so it lets them lie
// for long; what hangs on them outside of its heap, some 2 KB each, would add up to hundreds of megabytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A collection takes some 5 ms, as much as a few of so many executions. */
const EVERY = 1_000;

export class Collector {
  readonly #collect: () => void = exposeGc();
  #left = 0;

  /** To be called for every execution that has gone. */
  onGone(): void {
    if (++this.#left < EVERY) return;
    this.#left = 0;
    this.#collect();
  }
}

// Only while this one context is made: as a flag of the process it would give every script a `gc` of its own.
export function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
