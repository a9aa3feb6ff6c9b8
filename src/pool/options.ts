// Options of the local pool: what they mean, their ranges, and the one place where they are checked.
import { availableParallelism } from 'node:os';
import { invalidInput, type Problem } from '../errors.ts';
import type { ExecutionLimits, Isolation, ToolHandler } from '../execution.ts';
import { limitProblems, resolveLimits } from '../limits.ts';
import { maxRssBytes } from './host-bounds.ts';
import { canRunInProcess } from './host-thread.ts';

/** How many host processes: a number, or a rule over the cores of the machine. */
export type PoolSize = number | 'cpu' | 'io' | 'mixed';

/** Options of {@link createPool}. Times are ms, sizes bytes. A field that is `undefined` has its default. */
export interface PoolOptions {
  /**
   * Host processes ("workers" in the published guide), 1 to 256. `cpu` = one per core, `io` = two per core,
   * `mixed` = 1.5 per core but at least 2. Default `cpu`: a host keeps serving others while a script waits for a tool,
   * so more hosts than cores add memory, not throughput.
   */
  readonly poolSize?: PoolSize;
  /**
   * Runs scripts in threads of this process instead of in host processes: quicker to start, nothing to spawn, and no wall
   * left behind the isolate. One script can then end this process (an abort of V8) or take a core of it for good (native
   * code that nothing can interrupt), and all that is in its memory is within reach of a fault of V8. For trusted scripts
   * and tests only. Node has to run with `--no-node-snapshot`. Default false.
   */
  readonly inProcess?: boolean;
  /** Serves the tool calls of scripts, in this process. Default: every tool call fails with code UNKNOWN_TOOL. */
  readonly toolHandler?: ToolHandler;
  /** Limits of executions that ask for none of their own. Default: the table in `limits.ts`. */
  readonly limits?: Partial<ExecutionLimits>;
  /** Isolation of executions that ask for none. Default `isolate`. */
  readonly isolation?: Isolation;
  /** Largest heap of any one isolate, bytes, 8 MiB to 512 MiB: the ceiling of `memoryMb`, and the limit of a warm isolate in context mode. Default 128 MiB, or `limits.memoryMb` if that is more. */
  readonly maxWorkerMemory?: number;
  /** Executions after which a host process is replaced, without losing any, some after up to a quarter fewer so that not all go at once; from 1. Default 15,000 in isolate mode, 50,000 in context mode. */
  readonly maxExecutionsPerWorker?: number;
  /** Age at which a host process is replaced in the same way, ms, from 1. Default 6 hours. */
  readonly maxWorkerAge?: number;
  /**
   * Resident memory at which a host process is replaced in the same way, bytes: memory is not given back after a peak.
   * Read once a second while it works. Default: half of that at which it is killed; none with `inProcess`, where the
   * memory is that of the whole program.
   */
  readonly maxWorkerRss?: number;
  /**
   * Keeps one more host process started, without work, to take the place of one that is lost or worn. It starts a second
   * after the pool got its first work, costs about 60 MB, and goes when the pool is idle. Default true; false with `inProcess`.
   */
  readonly standby?: boolean;
  /** A host process without work for so long stops; the last one stays. ms, from 1. Default 60,000. */
  readonly idleTimeout?: number;
  /** Executions that may wait for a place; one more ends in QUEUE_FULL at once. Default 10 x poolSize x maxLivePerWorker. */
  readonly maxQueue?: number;
  /** Executions started and not finished in one host process, 1 to 10,000. Default 200 in isolate mode, 1,000 in context mode. */
  readonly maxLivePerWorker?: number;
  /** The same for one tenant over the whole pool. Default: no bound but the places there are. */
  readonly maxLivePerTenant?: number;
}

/** The options with every default filled in and every unit in the name. */
export interface PoolConfig {
  readonly poolSize: number;
  readonly inProcess: boolean;
  readonly toolHandler: ToolHandler | undefined;
  readonly limits: ExecutionLimits;
  readonly isolation: Isolation;
  readonly maxHeapMb: number;
  readonly maxExecutionsPerHost: number;
  readonly maxHostAgeMs: number;
  readonly maxRestingRssBytes: number;
  readonly standby: boolean;
  readonly idleTimeoutMs: number;
  readonly maxQueue: number;
  readonly maxLivePerHost: number;
  readonly maxLivePerTenant: number;
}

const IN_PROCESS_NEEDS =
  'expected node to run with --no-node-snapshot, which isolates need; start it as `node --no-node-snapshot app.js` or with NODE_OPTIONS=--no-node-snapshot, or leave inProcess out';
const MIB = 2 ** 20;
const POOL_SIZE_FACTOR = { cpu: 1, mixed: 1.5, io: 2 } as const;
const DEFAULT_MAX_LIVE = { isolate: 200, context: 1_000 } as const;

/** Each isolate that goes leaves half a kilobyte of the engine behind: so many grow a host by less than a tenth. */
const DEFAULT_MAX_EXECUTIONS = { isolate: 15_000, context: 50_000 } as const;

/**
 * Checks the options and fills in the defaults.
 * @throws EnclaveError INVALID_INPUT that lists every problem found.
 */
export function resolvePoolOptions(options: PoolOptions): PoolConfig {
  const problems: Problem[] = limitProblems(options.limits ?? {});
  const number = (name: keyof PoolOptions, usual: number, min: number, max: number): number => {
    const value = options[name] ?? usual;
    if (typeof value === 'number' && value >= min && value <= max && !Number.isNaN(value)) return value;
    problems.push({ path: name, message: `expected a number from ${min} to ${max}, got ${String(value)}` });
    return usual;
  };
  const isolation = options.isolation ?? 'isolate';
  if (isolation !== 'isolate' && isolation !== 'context')
    problems.push({ path: 'isolation', message: `expected isolate or context, got ${String(isolation)}` });
  if (options.toolHandler !== undefined && typeof options.toolHandler !== 'function')
    problems.push({
      path: 'toolHandler',
      message: `expected a function, got ${typeof options.toolHandler}`,
    });
  const limits = problems.length === 0 ? resolveLimits(options.limits) : resolveLimits(undefined);
  const heap = Math.max(128, limits.memoryMb) * MIB;
  const maxHeapMb = Math.floor(number('maxWorkerMemory', heap, 8 * MIB, 512 * MIB) / MIB);
  if (limits.memoryMb > maxHeapMb && options.limits?.memoryMb !== undefined)
    problems.push({
      path: 'limits.memoryMb',
      message: `expected at most maxWorkerMemory (${maxHeapMb} MiB), got ${limits.memoryMb}`,
    });
  const inProcess = options.inProcess ?? false;
  if (typeof inProcess !== 'boolean')
    problems.push({ path: 'inProcess', message: `expected true or false, got ${String(inProcess)}` });
  else if (inProcess && !canRunInProcess()) problems.push({ path: 'inProcess', message: IN_PROCESS_NEEDS });
  const poolSize = resolvePoolSize(options.poolSize ?? 'cpu', problems);
  const maxLivePerHost = number('maxLivePerWorker', DEFAULT_MAX_LIVE[isolation] ?? 200, 1, 10_000);
  const config: PoolConfig = {
    poolSize,
    inProcess,
    toolHandler: options.toolHandler,
    limits: { ...limits, memoryMb: Math.min(limits.memoryMb, maxHeapMb) },
    isolation,
    maxHeapMb,
    maxExecutionsPerHost: number(
      'maxExecutionsPerWorker',
      DEFAULT_MAX_EXECUTIONS[isolation] ?? 15_000,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    maxHostAgeMs: number('maxWorkerAge', 6 * 3_600_000, 1, Number.MAX_SAFE_INTEGER),
    maxRestingRssBytes: number(
      'maxWorkerRss',
      inProcess ? Number.MAX_SAFE_INTEGER : maxRssBytes(isolation, maxLivePerHost) / 2,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    standby: options.standby ?? !inProcess,
    idleTimeoutMs: number('idleTimeout', 60_000, 1, 2 ** 31 - 1),
    maxQueue: number('maxQueue', 10 * poolSize * maxLivePerHost, 0, 10_000_000),
    maxLivePerHost,
    maxLivePerTenant: number('maxLivePerTenant', Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER),
  };
  if (problems.length > 0) throw invalidInput('pool options', problems);
  return config;
}

/** The published guide's sizing rule over the cores this process may use. */
export function resolvePoolSize(
  size: PoolSize,
  problems: Problem[],
  cores: number = availableParallelism(),
): number {
  if (size === 'cpu' || size === 'io') return cores * POOL_SIZE_FACTOR[size];
  if (size === 'mixed') return Math.max(2, Math.floor(cores * POOL_SIZE_FACTOR.mixed));
  if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= 256) return size;
  problems.push({
    path: 'poolSize',
    message: `expected cpu, io, mixed or a whole number from 1 to 256, got ${String(size)}`,
  });
  return 1;
}
