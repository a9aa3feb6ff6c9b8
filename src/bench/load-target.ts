// What the load engine drives. Every Executor is a load target; targets that run no scripts (an HTTP service) are no Executors.
import type { ExecutionRequest, ExecutionStats, ExecutorStats } from '../execution.ts';
import type { Stall } from '../report/run-report.ts';

/** How one execution ended, as far as the bench needs to know. */
export type LoadOutcome =
  | { readonly success: true; readonly error?: undefined; readonly stats?: ExecutionStats }
  | { readonly success: false; readonly error: LoadFailure; readonly stats?: ExecutionStats };

export interface LoadFailure {
  /** Counted by this: an outcome code, or the target's own, such as HTTP_503. Few different ones, upper case. */
  readonly code: string;
  /** The target could not be reached at all. A run that meets nothing else is stopped early. */
  readonly isUnreachable?: boolean;
}

/** Told what is seen of an execution before the end: by the target itself, or by the engine from the events of the execution. */
export interface LoadWatch {
  /** The request was written to a connection. */
  connected(): void;
  /** Something came back; only the first call counts. */
  first(): void;
  /** A line of a stream came back. */
  line(): void;
  /** A tool call was answered. */
  toolCall(durationMs: number): void;
  /** Names what to do when the answer is no longer wanted; quicker than a signal, which such a target is not given. */
  onCancel(act: () => void): void;
}

/** The same with the end: for a target that is started without a promise. */
export interface LoadRun extends LoadWatch {
  /** Called once, when nothing more will come. */
  ended(outcome: LoadOutcome): void;
}

/** What can be asked to execute, many at a time. */
export interface LoadTarget {
  /** It calls the watch of an execution itself. Otherwise the engine asks for events and cancels by a signal. */
  readonly tellsWatch?: true;
  /** Does what `execute` does and tells all of it to `run`: cheaper, for targets that take tens of thousands a second. */
  start?(run: LoadRun): void;
  /** Rejects only by a fault of the target's own code. */
  execute(request: ExecutionRequest, watch?: LoadWatch): Promise<LoadOutcome>;
  /** Resolves once executions can start. */
  ready(): Promise<void>;
  stats(): ExecutorStats;
  /** What stopped the process that holds the target, where that is another one here; `from_s` of the machine's monotonic clock. */
  stalls?(): readonly Stall[];
}
