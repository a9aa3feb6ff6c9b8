// The API of the published Enclave guide over the local pool: Enclave, createWorkerPoolAdapter.
import { realClock } from './clock.ts';
import { invalidInput } from './errors.ts';
import type { ExecutionOutcome, ExecutionRequest, ExecutorStats, ToolHandler } from './execution.ts';
import { type PoolOptions, resolvePoolOptions } from './pool/options.ts';
import { createPool, type DrainOptions, type LocalPool } from './pool/pool.ts';
import { refuse } from './pool/refuse.ts';

/** Options of {@link createWorkerPoolAdapter}: those of the pool but the tools, which belong to the {@link Enclave}. */
export type WorkerPoolAdapterOptions = Omit<PoolOptions, 'toolHandler'>;

/**
 * Where scripts run. An adapter given to several enclaves is one set of host processes, shared by them and started with
 * the first; it is disposed with the last.
 */
export interface WorkerPoolAdapter {
  readonly kind: 'worker-pool';
  readonly options: WorkerPoolAdapterOptions;
}

export interface EnclaveConfig {
  /** Default: an adapter of its own with all defaults. */
  readonly adapter?: WorkerPoolAdapter;
  /**
   * Runs scripts in threads of this process, for trusted scripts and tests: see `inProcess` of the pool's options. Only
   * without `adapter`, whose own option it is otherwise. Default false.
   */
  readonly inProcess?: boolean;
  /** Serves `callTool(name, args)` of scripts, in this process. Default: every call fails with code UNKNOWN_TOOL. */
  readonly toolHandler?: ToolHandler;
}

/** Options of one run: an execution request without its source. */
export type RunOptions = Omit<ExecutionRequest, 'source'>;

/** How a run ended: `{success, value, error, stats, logs}`. */
export type ExecutionResult = ExecutionOutcome;

/**
 * Names a pool of host processes and checks its options; the processes start with the first {@link Enclave} that uses it.
 * `poolSize` host processes (default: one per core); `maxWorkerMemory` bytes for the heap of any one script (default
 * 128 MiB); `maxExecutionsPerWorker` until a process is replaced (default 15,000 in isolate mode, 50,000 in context
 * mode); `idleTimeout` ms after which an idle process stops (default 60,000).
 * @throws EnclaveError INVALID_INPUT that lists every option out of range.
 */
export function createWorkerPoolAdapter(options: WorkerPoolAdapterOptions = {}): WorkerPoolAdapter {
  resolvePoolOptions(options);
  return { kind: 'worker-pool', options };
}

interface SharedPool {
  readonly executor: LocalPool;
  users: number;
}

const DRAIN_MS = 30_000;

const sharedPools = new WeakMap<WorkerPoolAdapter, SharedPool>();

/**
 * Runs scripts in isolates of its adapter's host processes.
 *
 * ```ts
 * const enclave = new Enclave({ toolHandler: async (name, args) => ({ name, args }) });
 * const { success, value, error } = await enclave.run('return await callTool("greet", { who: "you" })');
 * await enclave.dispose();
 * ```
 */
export class Enclave implements AsyncDisposable {
  readonly #adapter: WorkerPoolAdapter;
  readonly #shared: SharedPool;
  readonly #toolHandler: ToolHandler | undefined;
  #runs = 0;
  #drainage: PromiseWithResolvers<void> | undefined;
  #disposal: Promise<void> | undefined;

  constructor(config: EnclaveConfig = {}) {
    this.#adapter = adapterOf(config);
    this.#toolHandler = config.toolHandler;
    this.#shared = sharePool(this.#adapter);
  }

  /** Runs a script to its outcome. Never rejects because of the script; an option that is `undefined` has its default. */
  async run(code: string, options: RunOptions = {}): Promise<ExecutionResult> {
    const toolHandler = this.#toolHandler;
    const request = { ...options, ...(toolHandler && { toolHandler }), source: code };
    if (this.#drainage !== undefined || this.#disposal !== undefined)
      return refuse(request, 'SHUTTING_DOWN', 'the enclave takes no more');
    this.#runs++;
    try {
      return await this.#shared.executor.execute(request);
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    if (--this.#runs === 0) this.#drainage?.resolve();
  }

  /** Resolves once runs start without waiting for processes. */
  ready(): Promise<void> {
    return this.#shared.executor.ready();
  }

  stats(): ExecutorStats {
    return this.#shared.executor.stats();
  }

  /**
   * Lets the runs of this enclave come to their end, queued ones included, then disposes it; further ones end in
   * SHUTTING_DOWN at once. After `timeout` ms (default 30,000) it is disposed all the same: what is then left ends in
   * SHUTTING_DOWN, unless other enclaves still use the adapter. `process.once('SIGTERM', () => enclave.drain())` is all that
   * an orderly end takes.
   */
  async drain({ timeout = DRAIN_MS }: DrainOptions = {}): Promise<void> {
    this.#drainage ??= Promise.withResolvers<void>();
    const { promise, resolve } = this.#drainage;
    const stopTimer = realClock.setTimer(timeout, resolve);
    if (this.#runs > 0) await promise;
    stopTimer();
    await this.dispose();
  }

  /**
   * Gives the adapter back; further runs end in SHUTTING_DOWN, and the last of its enclaves ends what runs there. May be called
   * twice, and need not be awaited.
   */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #dispose(): Promise<void> {
    if (--this.#shared.users > 0) return;
    sharedPools.delete(this.#adapter);
    await this.#shared.executor[Symbol.asyncDispose]();
  }
}

/** The adapter of a configuration: that which it names, or one of its own. */
export function adapterOf({ adapter, inProcess }: EnclaveConfig): WorkerPoolAdapter {
  if (adapter === undefined) return createWorkerPoolAdapter(inProcess === undefined ? {} : { inProcess });
  if (inProcess === undefined) return adapter;
  throw invalidInput('enclave options', [
    { path: 'inProcess', message: 'expected none beside an adapter: give it to createWorkerPoolAdapter' },
  ]);
}

function sharePool(adapter: WorkerPoolAdapter): SharedPool {
  let shared = sharedPools.get(adapter);
  if (shared === undefined) {
    shared = { executor: createPool(adapter.options), users: 0 };
    sharedPools.set(adapter, shared);
  }
  shared.users++;
  return shared;
}
