// The API of the published Enclave guide over the local pool: Enclave, EnclavePool, createWorkerPoolAdapter.
import { invalidInput } from './errors.ts';
import type {
  ExecutionOutcome,
  ExecutionRequest,
  Executor,
  ExecutorStats,
  ToolHandler,
} from './execution.ts';
import { type PoolOptions, resolvePoolOptions } from './pool/options.ts';
import { createPool } from './pool/pool.ts';

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
 * 128 MiB); `maxExecutionsPerWorker` until a process is replaced (default 50,000); `idleTimeout` ms after which an idle
 * process stops (default 60,000).
 * @throws EnclaveError INVALID_INPUT that lists every option out of range.
 */
export function createWorkerPoolAdapter(options: WorkerPoolAdapterOptions = {}): WorkerPoolAdapter {
  resolvePoolOptions(options);
  return { kind: 'worker-pool', options };
}

interface SharedPool {
  readonly executor: Executor;
  users: number;
}

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
  #disposal: Promise<void> | undefined;

  constructor(config: EnclaveConfig = {}) {
    this.#adapter = adapterOf(config);
    this.#toolHandler = config.toolHandler;
    this.#shared = sharePool(this.#adapter);
  }

  /** Runs a script to its outcome. Never rejects because of the script; an option that is `undefined` has its default. */
  run(code: string, options: RunOptions = {}): Promise<ExecutionResult> {
    const toolHandler = this.#toolHandler;
    return this.#shared.executor.execute({ ...options, ...(toolHandler && { toolHandler }), source: code });
  }

  /** Resolves once runs start without waiting for processes. */
  ready(): Promise<void> {
    return this.#shared.executor.ready();
  }

  stats(): ExecutorStats {
    return this.#shared.executor.stats();
  }

  /** Gives the adapter back; the last of its enclaves ends what runs there. May be called twice, and need not be awaited. */
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

function adapterOf({ adapter, inProcess }: EnclaveConfig): WorkerPoolAdapter {
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

/** The published guide's pool of enclaves: at most `size` runs at one time, over one set of host processes. */
export class EnclavePool implements AsyncDisposable {
  readonly #enclaves: readonly Enclave[];
  readonly #available: Enclave[];
  readonly #waiters: ((enclave: Enclave) => void)[] = [];

  /** `size` enclaves, from 1, all with this configuration. */
  constructor(size: number, config: EnclaveConfig = {}) {
    const { toolHandler } = config;
    const shared = { adapter: adapterOf(config), ...(toolHandler && { toolHandler }) };
    this.#enclaves = Array.from({ length: size }, () => new Enclave(shared));
    this.#available = [...this.#enclaves];
  }

  /** An enclave that nobody else has; waits for one when all are taken. Give it back with {@link release}. */
  acquire(): Promise<Enclave> {
    const enclave = this.#available.pop();
    if (enclave !== undefined) return Promise.resolve(enclave);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  release(enclave: Enclave): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter(enclave);
    else if (!this.#available.includes(enclave)) this.#available.push(enclave);
  }

  async execute(code: string, options?: RunOptions): Promise<ExecutionResult> {
    const enclave = await this.acquire();
    try {
      return await enclave.run(code, options);
    } finally {
      this.release(enclave);
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#enclaves.map((enclave) => enclave.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
