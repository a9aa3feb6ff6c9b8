// Entry of a thread that runs scripts inside the embedding process itself, where a pool is asked for that (`inProcess`).
import { workerData } from 'node:worker_threads';
import { exposeGc } from './collect.ts';
import { serve, type WorkerSetup } from './worker.ts';

await serve(workerData as WorkerSetup);
// A heap that is given back while V8 marks what lives in it is collected once more. By then isolated-vm has taken leave of the
// thread, and aborts the process over the first handle of its own that goes. So nothing is left to mark and no handle to go.
exposeGc()();
process.exit();
