// What the load engine tells about each execution, and the plan it follows. Types only.
import type { ExecutionStats } from '../execution.ts';
import type { ArrivalKind } from '../scenario/scenario-types.ts';
import type { LoadPhase } from './arrivals.ts';
import type { Marks } from './execution-marks.ts';

/** How an execution ended, as the bench counts it. */
export type SampleEnd =
  | { readonly kind: 'ok' }
  /** Failed with the code that its script declares in `expect`. */
  | { readonly kind: 'expected' }
  /** Failed otherwise; `code` is an outcome code, or CLIENT_TIMEOUT, or the code of a fault. */
  | { readonly kind: 'failed'; readonly code: string }
  /** Still open when the drain ended. */
  | { readonly kind: 'abandoned' }
  /** Never sent: no slot was free at its intended start. */
  | { readonly kind: 'dropped' };

/** One execution. Instants are ms since the start of the run, of one monotonic clock. */
export interface Sample {
  readonly index: number;
  readonly phase: number;
  readonly measured: boolean;
  readonly script: string;
  readonly tenant: string;
  readonly intendedMs: number;
  /** When it was handed to the executor; equal to intendedMs for a dropped one. */
  readonly startMs: number;
  readonly endMs: number;
  readonly end: SampleEnd;
  /** What was seen before the end; absent for a dropped one. */
  readonly seen?: Marks;
  readonly stats?: ExecutionStats | undefined;
  /** A closed loop with as many users as are in flight on average would have sent this one too. */
  readonly isAsClosed?: boolean;
}

/** The load of one run, all defaults filled in. */
export interface LoadPlan {
  readonly model: 'open' | 'closed';
  readonly arrivals: ArrivalKind;
  readonly concurrency: number;
  readonly maxInFlight: number;
  readonly timeoutMs: number;
  readonly drainMs: number;
  readonly seed: number;
  readonly phases: readonly LoadPhase[];
  /** The two time knobs as applied; 1 = not used. */
  readonly compress: number;
  readonly shorten: number;
  /** Ends the run after so many measured arrivals; absent: the phases end it. */
  readonly count?: number;
  /** Intended starts of an earlier run, ms; they replace `arrivals`. */
  readonly replayMs?: readonly number[];
  /** Tenants whose arrivals are not sent; those of the others stay as they are. Open model. */
  readonly leavesOut?: readonly string[];
}
