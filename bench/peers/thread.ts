// A fresh worker thread: runs the text it was given and posts the result.
import { parentPort, workerData } from 'node:worker_threads';

const body: unknown = new Function(`return (async () => {${String(workerData)}\n})()`);
if (typeof body === 'function') parentPort?.postMessage(await body());
