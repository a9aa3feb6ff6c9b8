// The pool under test in a child process, so that the load generator shares no event loop with it.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EnclaveError } from '../errors.ts';
import type { ExecutionRequest, ExecutorStats } from '../execution.ts';
import type { Stall } from '../report/run-report.ts';
import { batched } from './isolated-batch.ts';
import type { FromChild, IsolatedSetup, ToChild } from './isolated-messages.ts';
import type { LoadOutcome, LoadTarget, LoadWatch } from './load-target.ts';

export interface IsolatedExecutor extends LoadTarget, AsyncDisposable {
  /** CPU time of the child: pool and tools, without host processes and without the generator. ms, up to 0.25 s old. */
  embeddingCpuMs(): number;
}

interface Pending extends PromiseWithResolvers<LoadOutcome> {
  readonly watch?: LoadWatch;
}

/** Stalls of the child that are kept. */
const MAX_STALLS = 2_000;
const NO_STATS: ExecutorStats = { queued: 0, live: 0, completed: 0, hosts: [], recycled: 0, lost: 0 };
/** The pool ends its hosts itself; a child that does not come to an end is killed. */
const SHUTDOWN_MS = 5_000;

/** Starts the child; `ready()` tells when its pool serves. Statistics are those of the last quarter of a second. */
export function createIsolatedExecutor(setup: Omit<IsolatedSetup, 'type'>): IsolatedExecutor {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(fileURLToPath(new URL(`./isolated-host.${ending}`, import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new ChildExecutor(child, { type: 'setup', ...setup });
}

class ChildExecutor implements IsolatedExecutor {
  readonly tellsWatch = true;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #exited: Promise<void>;
  readonly #send: (message: ToChild) => void;
  readonly #stalls: Stall[] = [];
  #stats = NO_STATS;
  #cpuMs = 0;
  #nextId = 0;

  constructor(child: ChildProcess, setup: IsolatedSetup) {
    this.#child = child;
    this.#send = batched((messages) => {
      if (child.connected) child.send([...messages], () => undefined);
    });
    this.#ready.promise.catch(() => undefined);
    // What comes in is our own child's, typed by FromChild.
    child.on('message', (messages: readonly FromChild[]) => {
      for (const message of messages) this.#receive(message);
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.#fail(new EnclaveError('HOST_START_FAILED', 'the process of the isolated pool has ended'));
        resolve();
      });
    });
    this.#send(setup);
  }

  execute(
    { onEvent: _events, signal, ...request }: ExecutionRequest,
    watch?: LoadWatch,
  ): Promise<LoadOutcome> {
    const id = this.#nextId++;
    const pending = Promise.withResolvers<LoadOutcome>();
    this.#pending.set(id, watch === undefined ? pending : { ...pending, watch });
    this.#send({ type: 'execute', id, request });
    const cancel = (): void => this.#send({ type: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    watch?.onCancel(cancel);
    return pending.promise;
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  stats(): ExecutorStats {
    return this.#stats;
  }

  embeddingCpuMs(): number {
    return this.#cpuMs;
  }

  stalls(): readonly Stall[] {
    return this.#stalls;
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'ready':
        this.#ready.resolve();
        return;
      case 'stats':
        this.#stats = message.stats;
        this.#cpuMs = message.cpuMs;
        return;
      case 'stalls':
        this.#stalls.push(...message.stalls.slice(0, MAX_STALLS - this.#stalls.length));
        return;
      case 'outcome': {
        const { error, id, stats } = message;
        this.#take(id)?.resolve(
          error === undefined ? { success: true, stats } : { success: false, error, stats },
        );
        return;
      }
      case 'seen':
        this.#pending.get(message.id)?.watch?.[message.what]();
        return;
      case 'called':
        this.#pending.get(message.id)?.watch?.toolCall(message.durationMs);
        return;
      case 'fault': {
        const fault = new EnclaveError('HOST_START_FAILED', message.message);
        if (message.id === null) this.#fail(fault);
        else this.#take(message.id)?.reject(fault);
      }
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** Settles all that waits: nothing more will come. */
  #fail(error: EnclaveError): void {
    this.#ready.reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), SHUTDOWN_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}
