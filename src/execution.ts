// The one seam of enclave: what can be asked of an executor, what comes back, what is seen on the way. Types only.
// The local pool, a broker's client and a plain HTTP target are executors; whoever drives them never learns which.
import type { OutcomeCode } from './errors.ts';

/** Bounds of one execution. A field left out has the executor's default; a remote caller may lower a bound, never raise it. */
export interface ExecutionLimits {
  /** Wall time from start to outcome, ms. Stops silent tools and promises that never settle. */
  readonly wallMs: number;
  /** CPU time of all synchronous steps together, ms. Stops loops, regular expressions, microtask floods. */
  readonly cpuMs: number;
  /** Heap of the isolate, MiB, 8 to 512. Stops object, string and closure bombs. */
  readonly memoryMb: number;
  /** Time in the queue before the start, ms. Stops waiting for an overloaded pool. */
  readonly queueMs: number;
  /** Tool calls in all. Stops call floods. */
  readonly maxToolCalls: number;
  /** Tool calls under way at one time; further ones wait inside the script. */
  readonly maxPendingToolCalls: number;
  /** JSON length of the arguments of one tool call, bytes. */
  readonly maxToolArgBytes: number;
  /** JSON length of the result of one tool call, bytes. */
  readonly maxToolResultBytes: number;
  /** Time of one tool call, ms. */
  readonly toolTimeoutMs: number;
  /** JSON length of the script's result, bytes. */
  readonly maxResultBytes: number;
  /** UTF-8 length of the source, bytes. */
  readonly maxSourceBytes: number;
  /** Console text kept of one execution, bytes; the rest is cut and `stats.logsTruncated` set. */
  readonly maxConsoleBytes: number;
  /** Calls of the console kept of one execution, each a line and an event; further ones are dropped and `stats.logsTruncated` set. */
  readonly maxConsoleCalls: number;
  /** Name, message and stack of an error together, bytes; the rest is cut. */
  readonly maxErrorBytes: number;
}

export type Isolation = 'isolate' | 'context';
export type ScriptLanguage = 'js' | 'ts';
export type LogLevel = 'debug' | 'log' | 'info' | 'warn' | 'error';

export interface ExecutionRequest {
  /** The body of an async function: top-level `await` and `return` work. */
  readonly source: string;
  /** What `args` is inside the script; must be JSON. Default: `{}`. */
  readonly args?: unknown;
  /** `ts` strips types first and keeps every position. Default `js`. */
  readonly language?: ScriptLanguage;
  /** Name shown in error positions; never opened. Default `script.js`. */
  readonly filename?: string;
  /** Who asks: the unit of fairness, and of sharing in context mode. Default `default`. */
  readonly tenant?: string;
  /** Identifies the execution in events and tool calls; unique among those under way. Default: made by the executor. */
  readonly executionId?: string;
  readonly limits?: Partial<ExecutionLimits>;
  readonly isolation?: Isolation;
  /** Serves the tool calls of this execution, where the executor serves tools in this process. Default: the executor's own. */
  readonly toolHandler?: ToolHandler;
  /** Cancels the execution wherever it is: the outcome is CANCELLED. */
  readonly signal?: AbortSignal;
  /** Sees every event in order; must not throw. */
  readonly onEvent?: (event: ExecutionEvent) => void;
}

/** Where in the user's own file, both from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export interface ExecutionError extends Partial<SourcePosition> {
  readonly code: OutcomeCode;
  /** Class name of what the script threw, or `EnclaveLimit` and the like. */
  readonly name: string;
  readonly message: string;
  /** Frames of the script only: no host path ever. */
  readonly stack?: string;
  /** The tool, when code is TOOL_ERROR. */
  readonly tool?: string;
  /** The tool's own code, when code is TOOL_ERROR. */
  readonly toolCode?: string;
  /** Signal that ended the host, when code is SANDBOX_CRASHED. */
  readonly signal?: string;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly text: string;
  /** ms since the start of the execution. */
  readonly atMs: number;
}

/** What one execution cost. Times in ms with fractions, sizes in bytes. */
export interface ExecutionStats {
  /** From start in the worker to outcome; tool time included. */
  readonly durationMs: number;
  /** From `execute()` to the start. */
  readonly queueMs: number;
  /** CPU time of the isolate. */
  readonly cpuMs: number;
  /** Time during which at least one tool call was under way. */
  readonly toolMs: number;
  readonly toolCallCount: number;
  readonly consoleBytes: number;
  readonly logsTruncated: boolean;
  readonly resultBytes: number;
  readonly isolation: Isolation;
  readonly heapUsedBytes?: number;
  /** Host process that ran it; absent when it never started, or ran elsewhere. */
  readonly hostPid?: number;
}

export type ExecutionOutcome =
  | {
      readonly success: true;
      readonly value: unknown;
      /** The JSON text of `value`, to be forwarded without another pass. */
      readonly valueJson: string;
      readonly error?: undefined;
      readonly stats: ExecutionStats;
      readonly logs: readonly LogEntry[];
    }
  | {
      readonly success: false;
      readonly value?: undefined;
      readonly error: ExecutionError;
      readonly stats: ExecutionStats;
      readonly logs: readonly LogEntry[];
    };

/** What can be seen while an execution is under way. `seq` is dense from 1, `atMs` counts from `execute()`. */
export type ExecutionEvent = { readonly executionId: string; readonly seq: number; readonly atMs: number } & (
  | { readonly type: 'queued' }
  | { readonly type: 'started' }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly type: 'tool_call'; readonly callId: number; readonly tool: string; readonly args: unknown }
  | {
      readonly type: 'tool_result';
      readonly callId: number;
      readonly ok: boolean;
      readonly code?: string;
      readonly durationMs: number;
    }
  | { readonly type: 'final'; readonly outcome: ExecutionOutcome }
);

/** What a tool is told besides its arguments. */
export interface ToolCallContext {
  readonly executionId: string;
  /** Number of the call within its execution, from 1, in program order. */
  readonly callId: number;
  readonly tenant: string;
  /** Fires when the answer is no longer wanted: time-out, cancel, end of the execution. */
  readonly signal: AbortSignal;
}

/** Serves the tool calls of scripts, in the embedding process. Treat `args` as hostile: only the script's author chose them. */
export type ToolHandler = (name: string, args: unknown, context: ToolCallContext) => unknown;

/** One host process as seen from outside. */
export interface HostStats {
  readonly pid: number;
  readonly live: number;
  readonly completed: number;
  /** CPU time of the process since its start, ms; null where the platform does not tell. */
  readonly cpuMs: number | null;
  /** Resident memory, bytes; null where the platform does not tell. */
  readonly rssBytes: number | null;
}

export interface ExecutorStats {
  /** Executions accepted and not started. */
  readonly queued: number;
  /** Executions started and not finished. */
  readonly live: number;
  readonly completed: number;
  readonly hosts: readonly HostStats[];
  /** Host processes replaced so far: planned (count, age, memory) and lost (crash, kill). */
  readonly recycled: number;
  readonly lost: number;
}

/** What can run scripts. Dispose it when done: host processes and sockets live as long as it does. */
export interface Executor extends AsyncDisposable {
  /** Never rejects because of a script: whatever the script does is in the outcome. */
  execute(request: ExecutionRequest): Promise<ExecutionOutcome>;
  /** Resolves once executions can start without waiting for processes or connections. */
  ready(): Promise<void>;
  stats(): ExecutorStats;
}
