// Runtimes as child processes of the broker: started, drained and ended by their process ids. None outlives the broker:
// a child whose IPC line is cut, as it is when the broker is killed, ends at once.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { Isolation } from '../execution.ts';
import type { PoolSize } from '../pool/options.ts';
import type { PoolDriver } from './driver.ts';

/** What a local runtime is started with. */
export interface LocalRuntimeOptions {
  readonly workerPool?: {
    readonly size?: PoolSize;
    readonly maxMemory?: number;
    readonly isolation?: Isolation;
  };
  readonly slots?: number;
}

export interface LocalDriverOptions extends LocalRuntimeOptions {
  /** Where the runtimes find their broker; asked when the first one is started. */
  readonly brokerUrl: () => string;
  readonly token?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** How long a runtime that is taken away may go on with what it runs, ms. */
  readonly drainMs: number;
}

// Built code starts built code, sources start sources.
const ENTRY = new URL(`./runtime-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
/** Variables that a runtime needs of its environment: the others may be secrets of tools. */
const PASSED = ['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE', 'LANG', 'TZ'];

/** From the end of the broker to the kill of a runtime that does not go by itself, ms. */
const GOODBYE_MS = 1_000;

/** A runtime that has not connected by then never will, ms. */
const START_MS = 60_000;

interface Local {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  isLeaving: boolean;
}

export function createLocalDriver(
  options: LocalDriverOptions,
): PoolDriver & { readonly pids: readonly number[] } {
  return new LocalDriver(options);
}

class LocalDriver implements PoolDriver {
  readonly kind = 'local';
  readonly #options: LocalDriverOptions;
  readonly #locals = new Set<Local>();

  constructor(options: LocalDriverOptions) {
    this.#options = options;
  }

  get pids(): readonly number[] {
    return [...this.#locals].flatMap(({ child }) => child.pid ?? []);
  }

  async size(): Promise<number> {
    return this.#staying.length;
  }

  get #staying(): readonly Local[] {
    return [...this.#locals].filter(({ isLeaving }) => !isLeaving);
  }

  async scaleTo(size: number): Promise<void> {
    const surplus = this.#staying.slice(size);
    for (const local of surplus) void this.#drain(local, this.#options.drainMs);
    const starts = Array.from({ length: Math.max(0, size - this.#staying.length) }, () => this.#start());
    await Promise.all(starts);
  }

  /** Resolves when the runtime has connected. */
  #start(): Promise<void> {
    const { brokerUrl, token, labels, slots, clock, workerPool = {} } = this.#options;
    const env = Object.fromEntries(
      PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    );
    const child = fork(fileURLToPath(ENTRY), [], {
      env,
      execArgv: ['--no-node-snapshot'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { promise: gone, resolve: onGone } = Promise.withResolvers<void>();
    const local: Local = { child, gone, isLeaving: false };
    this.#locals.add(local);
    const connected = new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('error', (cause) => reject(startFailed(cause.message)));
      child.once('exit', (code, signal) => {
        this.#locals.delete(local);
        onGone();
        reject(startFailed(`it ended with ${signal ?? code} before it connected`));
      });
    });
    const tooLong = clock.setTimer(START_MS, () => child.kill('SIGKILL'));
    void connected.catch(() => {}).finally(tooLong);
    child.send({ type: 'start', brokerUrl: brokerUrl(), token, labels, slots, workerPool });
    return connected;
  }

  /** No new work; it ends when what it runs has ended, or is killed when that takes too long. */
  async #drain(local: Local, drainMs: number): Promise<void> {
    const { clock } = this.#options;
    local.isLeaving = true;
    if (local.child.connected) local.child.send({ type: 'drain' }, () => {});
    const stop = clock.setTimer(drainMs, () => local.child.kill('SIGKILL'));
    await local.gone;
    stop();
  }

  /** The new leader counts on nothing of ours, and could not stop it. */
  async standDown(): Promise<void> {
    for (const local of this.#staying) void this.#drain(local, this.#options.drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The broker is closed by now: nobody is there to take what they still do.
    await Promise.all([...this.#locals].map((local) => this.#drain(local, GOODBYE_MS)));
  }
}

function startFailed(why: string): EnclaveError {
  return new EnclaveError('HOST_START_FAILED', `a runtime could not be started: ${why}`);
}
