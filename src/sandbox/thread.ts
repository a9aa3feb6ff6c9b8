// Entry of a thread that runs scripts inside the embedding process itself, where a pool is asked for that (`inProcess`).
import { workerData } from 'node:worker_threads';
import { serve, type WorkerSetup } from './worker.ts';

await serve(workerData as WorkerSetup);
