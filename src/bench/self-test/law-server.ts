// The laws behind HTTP in a process of their own, as a real service would be.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EnclaveError } from '../../errors.ts';
import { readCoreWaitMs } from '../machine.ts';

export interface LawServer extends AsyncDisposable {
  /** `http://127.0.0.1:port/`; the number of a law follows. */
  readonly url: string;
  /** How long it has been ready to run and had no core so far, ms; 0 where that cannot be read. */
  coreWaitMs(): number;
}

const WARM_UP_REQUESTS = 200;

/** @throws EnclaveError HOST_START_FAILED */
export async function startLawServer(): Promise<LawServer> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(fileURLToPath(new URL(`./law-server-host.${ending}`, import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    const failed = (): void =>
      reject(new EnclaveError('HOST_START_FAILED', 'the server of the self-test did not start'));
    child.once('error', failed).once('exit', failed);
    // Sent by our own child.
    child.once('message', (message: { readonly port: number }) => resolve(message.port));
  });
  const url = `http://127.0.0.1:${port}/`;
  // A server that was never asked needs 10 ms for its first answer, and a queue that begins so late stays late. Any path will do.
  for (let n = 0; n < WARM_UP_REQUESTS; n++) await (await fetch(url)).arrayBuffer();
  return {
    url,
    coreWaitMs: () => readCoreWaitMs(child.pid) ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
