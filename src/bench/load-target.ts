// What the load engine drives. Every Executor is a load target; targets that run no scripts (an HTTP service) are no Executors.
import type { ExecutionRequest, ExecutionStats, ExecutorStats } from '../execution.ts';

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

/** What can be asked to execute, many at a time. */
export interface LoadTarget {
  /** Rejects only by a fault of the target's own code. */
  execute(request: ExecutionRequest): Promise<LoadOutcome>;
  /** Resolves once executions can start. */
  ready(): Promise<void>;
  stats(): ExecutorStats;
}
