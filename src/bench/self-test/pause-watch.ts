// How long the machine stood still, as a thread sees it that only sleeps: pauses of a virtual machine, or no core to be had.
import { Worker } from 'node:worker_threads';

export interface PauseWatch extends Disposable {
  /** Sum of all pauses of more than 1 ms so far, ms. */
  pausedMs(): number;
}

export function startPauseWatch(): PauseWatch {
  const shared = new SharedArrayBuffer(16);
  const paused = new Float64Array(shared, 8, 1);
  const stop = new Int32Array(shared, 0, 1);
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = new Worker(new URL(`./pause-thread.${ending}`, import.meta.url), { workerData: shared });
  thread.unref();
  return {
    pausedMs: () => paused[0] ?? 0,
    [Symbol.dispose]() {
      Atomics.store(stop, 0, 1);
      Atomics.notify(stop, 0);
    },
  };
}
