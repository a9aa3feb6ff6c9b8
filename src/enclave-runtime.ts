// The published guide's EnclaveRuntime: a local pool that takes its work from a broker.
import { realClock } from './clock.ts';
import type { ExecutionLimits, Isolation } from './execution.ts';
import type { PoolSize } from './pool/options.ts';
import { createPool } from './pool/pool.ts';
import type { RuntimeLink } from './protocol/link.ts';
import { Connection } from './runtime/connect.ts';
import { Runtime, type RuntimeNow } from './runtime/runtime.ts';

/** Options of {@link EnclaveRuntime}. Times are ms, sizes bytes. */
export interface EnclaveRuntimeOptions {
  /** `ws://`, `wss://`, `http://` or `https://` of a broker, several with commas; not needed for {@link EnclaveRuntime.attach}. */
  readonly brokerUrl?: string | undefined;
  readonly workerPool?: {
    /** Host processes, as `poolSize` of createPool. Default `cpu`. */
    readonly size?: PoolSize;
    /** Largest heap of one isolate. Default 128 MiB. */
    readonly maxMemory?: number;
    readonly isolation?: Isolation;
    /** No execution gets more, whatever its broker says. */
    readonly limits?: Partial<ExecutionLimits>;
  };
  /** Sessions at one time. Default 128: scripts that wait for tools cost memory, not time. */
  readonly slots?: number;
  /** Default 5,000. */
  readonly heartbeatInterval?: number;
  /** What sessions are routed by; a label that is `undefined` is left out. */
  readonly labels?: Readonly<Record<string, string | undefined>>;
  /** Token that the broker asks runtimes for. */
  readonly token?: string;
  readonly onState?: (state: 'connected' | 'lost', detail: string) => void;
}

const DEFAULT_SLOTS = 128;
const DEFAULT_HEARTBEAT_MS = 5_000;

/**
 * @example
 * const runtime = new EnclaveRuntime({ brokerUrl: 'ws://127.0.0.1:3001', labels: { region: 'eu', tier: 'standard' } });
 * await runtime.connect();
 */
export class EnclaveRuntime implements AsyncDisposable {
  readonly #options: EnclaveRuntimeOptions;
  readonly #runtime: Runtime;
  #connection: Connection | undefined;

  /** @throws EnclaveError INVALID_INPUT for pool options out of range. */
  constructor(options: EnclaveRuntimeOptions = {}) {
    const { workerPool = {}, labels = {} } = options;
    const { size, maxMemory, isolation, limits } = workerPool;
    this.#options = options;
    this.#runtime = new Runtime({
      createExecutor: (toolHandler) =>
        createPool({
          toolHandler,
          ...(size === undefined ? {} : { poolSize: size }),
          ...(maxMemory === undefined ? {} : { maxWorkerMemory: maxMemory }),
          ...(isolation === undefined ? {} : { isolation }),
          ...(limits === undefined ? {} : { limits }),
        }),
      clock: realClock,
      labels: Object.fromEntries(
        Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      slots: options.slots ?? DEFAULT_SLOTS,
      heartbeatMs: options.heartbeatInterval ?? DEFAULT_HEARTBEAT_MS,
      ceiling: limits ?? {},
    });
  }

  /**
   * Starts the pool, connects, and stays connected. Resolves at the first connection.
   * @throws EnclaveError INVALID_INPUT for a URL that is none, UNAUTHORIZED when the token is refused.
   */
  async connect(): Promise<void> {
    const { brokerUrl = '', token, onState, heartbeatInterval } = this.#options;
    const connection = new Connection(this.#runtime, {
      brokerUrl,
      clock: realClock,
      pingMs: 2.5 * (heartbeatInterval ?? DEFAULT_HEARTBEAT_MS),
      random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
      ...(token === undefined ? {} : { token }),
      ...(onState === undefined ? {} : { onState }),
    });
    this.#connection = connection;
    await this.#runtime.ready();
    await connection.open();
  }

  /** Uses a line inside this process instead of a connection. */
  async attach(link: RuntimeLink): Promise<void> {
    await this.#runtime.ready();
    await this.#runtime.attach(link);
  }

  get busy(): number {
    return this.#runtime.busy;
  }

  /** What it is doing at this moment. */
  get now(): RuntimeNow {
    return this.#runtime.now;
  }

  /** What keeps it from taking sessions, in words; nothing when all is well. */
  get missing(): readonly string[] {
    const { isConnected, isDraining } = this.now;
    return [
      ...(isConnected ? [] : ['no broker is connected']),
      ...(isDraining ? ['the runtime is draining'] : []),
    ];
  }

  /** Takes no new sessions; resolves when those under way have ended and their broker knows. */
  drain(): Promise<void> {
    return this.#runtime.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
  }
}
