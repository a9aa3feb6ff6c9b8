// The same work before and after a run: when it takes another time, the machine has changed speed in between.
import type { Clock } from '../clock.ts';

/** Short pieces and many of them: the least is one that nothing interrupted. */
const REPEATS = 60;
const STEPS = 100_000;

/** Time of a fixed computation, ms, the least of many tries; some 15 ms in all. 0 on a clock that stands still. */
export function calibrate(clock: Clock): number {
  let least = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const beforeMs = clock.nowMs();
    // Kept, so that no compiler finds the work to be useless.
    sink = (sink + fixedWork(STEPS)) | 0;
    least = Math.min(least, clock.nowMs() - beforeMs);
  }
  return least;
}

let sink = 0;

/** A chain of dependent integer operations (xorshift, Marsaglia 2003): neither memory nor vector units matter. */
function fixedWork(steps: number): number {
  let x = 0x12345678;
  for (let i = 0; i < steps; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return x;
}
