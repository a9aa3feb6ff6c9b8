// Thread entry: sleeps a millisecond at a time and adds up by how much too long it slept. See pause-watch.ts.
import { workerData } from 'node:worker_threads';

if (!(workerData instanceof SharedArrayBuffer)) throw new TypeError('started by pause-watch.ts only');
const never = new Int32Array(workerData, 0, 1);
const pausedMs = new Float64Array(workerData, 8, 1);
const SLEEP_MS = 1;
/** Shorter ones are those of any timer. */
const LEAST_PAUSE_MS = 1;

for (;;) {
  const fromMs = performance.now();
  if (Atomics.wait(never, 0, 0, SLEEP_MS) === 'not-equal') break;
  const overMs = performance.now() - fromMs - SLEEP_MS;
  if (overMs > LEAST_PAUSE_MS) pausedMs[0] = (pausedMs[0] ?? 0) + overMs;
}
