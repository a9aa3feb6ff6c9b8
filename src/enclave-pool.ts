// The published guide's pool of enclaves. All share one set of host processes, so what it adds is a bound on runs at one time.
import { realClock } from './clock.ts';
import { adapterOf, Enclave, type EnclaveConfig, type ExecutionResult, type RunOptions } from './enclave.ts';
import { EnclaveError, invalidInput, type OutcomeCode } from './errors.ts';
import { resolveLimits } from './limits.ts';
import { type PoolConfig, resolvePoolOptions } from './pool/options.ts';
import type { DrainOptions } from './pool/pool.ts';
import { refuse } from './pool/refuse.ts';

interface Waiter {
  /** With an enclave, or with the reason why there is none for it. */
  readonly settle: (result: Enclave | Refusal) => void;
}

type Refusal = readonly [code: OutcomeCode, message: string];

const MAX_SIZE = 10_000;
const DRAIN_MS = 30_000;
const CLOSING: Refusal = ['SHUTTING_DOWN', 'the pool takes no more'];
const CANCELLED: Refusal = ['CANCELLED', 'the caller cancelled the execution'];

/** At most `size` runs at one time, over one set of host processes. */
export class EnclavePool implements AsyncDisposable {
  readonly #enclaves: readonly Enclave[];
  readonly #available: Enclave[];
  readonly #waiters = new Set<Waiter>();
  readonly #config: PoolConfig;
  #runs = 0;
  #isClosing = false;
  #drainage: PromiseWithResolvers<void> | undefined;

  /**
   * `size` enclaves, from 1, all with this configuration. `maxQueue` and `limits.queueMs` of the adapter also bound how many
   * runs wait here for an enclave, and for how long.
   * @throws EnclaveError INVALID_INPUT when `size` is no whole number from 1 to 10,000, or an option is out of range.
   */
  constructor(size: number, config: EnclaveConfig = {}) {
    const { toolHandler } = config;
    const adapter = adapterOf(config);
    if (!(Number.isInteger(size) && size >= 1 && size <= MAX_SIZE))
      throw invalidInput('enclave pool', [
        { path: 'size', message: `expected a whole number from 1 to ${MAX_SIZE}, got ${String(size)}` },
      ]);
    this.#config = resolvePoolOptions(adapter.options);
    this.#enclaves = Array.from(
      { length: size },
      () => new Enclave({ adapter, ...(toolHandler && { toolHandler }) }),
    );
    this.#available = [...this.#enclaves];
  }

  /**
   * An enclave that nobody else has; waits for one when all are taken. Give it back with {@link release}.
   * @throws EnclaveError OVERLOADED when too many wait already, or for too long.
   */
  async acquire(): Promise<Enclave> {
    const got = await this.#take({});
    if (got instanceof Enclave) return got;
    throw new EnclaveError('OVERLOADED', got[1]);
  }

  release(enclave: Enclave): void {
    const [waiter] = this.#waiters;
    if (waiter !== undefined) waiter.settle(enclave);
    else if (!this.#available.includes(enclave)) this.#available.push(enclave);
  }

  /** Runs a script in the next enclave that is free: QUEUE_FULL at once, QUEUE_TIMEOUT or CANCELLED while it waits for one. */
  async execute(code: string, options: RunOptions = {}): Promise<ExecutionResult> {
    const request = { ...options, source: code };
    if (this.#isClosing) return await refuse(request, ...CLOSING);
    this.#runs++;
    try {
      const got = await this.#take(options);
      if (!(got instanceof Enclave)) return await refuse(request, ...got);
      return await got.run(code, options).finally(() => this.release(got));
    } finally {
      if (--this.#runs === 0) this.#drainage?.resolve();
    }
  }

  /**
   * Lets what {@link execute} has accepted, runs that still wait for an enclave included, come to its end, then disposes all
   * enclaves; further runs end in SHUTTING_DOWN at once, and so does after `timeout` ms (default 30,000) what is left.
   */
  async drain({ timeout = DRAIN_MS }: DrainOptions = {}): Promise<void> {
    this.#isClosing = true;
    this.#drainage ??= Promise.withResolvers<void>();
    const { promise, resolve } = this.#drainage;
    const stopTimer = realClock.setTimer(timeout, resolve);
    if (this.#runs > 0) await promise;
    stopTimer();
    await this.dispose();
  }

  async dispose(): Promise<void> {
    this.#isClosing = true;
    for (const { settle } of this.#waiters) settle(CLOSING);
    await Promise.all(this.#enclaves.map((enclave) => enclave.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #take({ signal, limits }: RunOptions): Promise<Enclave | Refusal> {
    const enclave = this.#available.pop();
    if (enclave !== undefined) return enclave;
    const { size } = this.#waiters;
    const { maxQueue } = this.#config;
    if (size >= maxQueue) return ['QUEUE_FULL', `${size} executions wait already`];
    const { queueMs } = resolveLimits(limits, this.#config.limits);
    return await new Promise((resolve) => {
      const settle = (result: Enclave | Refusal): void => {
        this.#waiters.delete(waiter);
        stopTimer();
        signal?.removeEventListener('abort', cancel);
        resolve(result);
      };
      const waiter = { settle };
      const cancel = (): void => settle(CANCELLED);
      const late = `no enclave was free within ${queueMs} ms`;
      const stopTimer = realClock.setTimer(queueMs, () => settle(['QUEUE_TIMEOUT', late]));
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiters.add(waiter);
    });
  }
}
