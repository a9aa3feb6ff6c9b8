// Messages between a bench and the child process that holds the pool under test. Types only.
import type {
  ExecutionError,
  ExecutionRequest,
  ExecutionStats,
  ExecutorStats,
  Isolation,
} from '../execution.ts';
import type { PoolSize } from '../pool/options.ts';
import type { Stall } from '../report/run-report.ts';

/** How the child builds its pool; handed over as its first message. */
export interface IsolatedSetup {
  readonly type: 'setup';
  readonly scenario: string;
  readonly cwd: string;
  readonly seed: number;
  readonly poolSize: PoolSize | null;
  readonly isolation: Isolation | null;
}

export type ToChild =
  | IsolatedSetup
  | { readonly type: 'execute'; readonly id: number; readonly request: ExecutionRequest }
  | { readonly type: 'cancel'; readonly id: number };

/** The bench needs how an execution ended and what it cost, not its value or its console. */
export type FromChild =
  | { readonly type: 'ready' }
  | {
      readonly type: 'outcome';
      readonly id: number;
      /** Absent: it succeeded. */
      readonly error?: ExecutionError;
      readonly stats: ExecutionStats;
    }
  /** What was seen of an execution under way; its batch leaves in the same turn of the event loop. */
  | { readonly type: 'seen'; readonly id: number; readonly what: 'first' | 'line' }
  | { readonly type: 'called'; readonly id: number; readonly durationMs: number }
  /** The executor itself failed: a fault, not an outcome. */
  | { readonly type: 'fault'; readonly id: number | null; readonly message: string }
  /** What stopped the child; instants are s of the machine's monotonic clock. */
  | { readonly type: 'stalls'; readonly stalls: readonly Stall[] }
  | { readonly type: 'stats'; readonly stats: ExecutorStats; readonly cpuMs: number };
