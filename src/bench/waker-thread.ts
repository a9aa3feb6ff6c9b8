// Thread entry of the waker: sleeps for the time it is told, then posts a message. See waker.ts.
import { parentPort, workerData } from 'node:worker_threads';

if (!(workerData instanceof SharedArrayBuffer) || parentPort === null)
  throw new TypeError('started by waker.ts only');
const sequence = new Int32Array(workerData, 0, 1);
const delayMs = new Float64Array(workerData, 8, 1);

let served = 0;
parentPort.postMessage('ready');
for (;;) {
  const wanted = Atomics.load(sequence, 0);
  if (wanted === served) {
    Atomics.wait(sequence, 0, served);
  } else if (Atomics.wait(sequence, 0, wanted, delayMs[0]) === 'timed-out') {
    // A new order while asleep ends the wait early and is taken in the next round.
    served = wanted;
    parentPort.postMessage('due');
  }
}
