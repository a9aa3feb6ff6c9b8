// What the load engine is given, and what it answers when the run is over. Types only.
import type { Clock } from '../clock.ts';
import type { Workload } from '../scenario/workload.ts';
import type { LoadTarget } from './load-target.ts';
import type { LoadPlan, Sample } from './sample.ts';
import type { Waker } from './waker.ts';

export interface EngineOptions {
  readonly executor: LoadTarget;
  readonly workload: Workload;
  readonly plan: LoadPlan;
  readonly clock: Clock;
  readonly waker: Waker;
  /** Called at every arrival, before it is sent or dropped; ms since the start of the run. */
  readonly onArrive?: (nowMs: number) => void;
  /** Sees every execution once, when it has ended, was given up, or was dropped. */
  readonly onSample: (sample: Sample) => void;
  /** Called once, when no further execution will be started. */
  readonly onIssued?: () => void;
  /** Ends the issue of executions; those in flight are given `interruptDrainMs`. */
  readonly signal: AbortSignal;
}

export interface EngineResult {
  /** False when something ended the run before its plan did. */
  readonly complete: boolean;
  /** The run was given up because the target could not be reached even once; `complete` is then false. */
  readonly isUnreachable: boolean;
  /** When the last execution was handed over or dropped, ms since the start. */
  readonly issuedMs: number;
  readonly endedMs: number;
  /** When the issue was meant to end: the end of the phases, or the last arrival when a count ended it. */
  readonly plannedIssueMs: number;
  /** Integral of the number in flight over time, execution-milliseconds. */
  readonly inFlightMs: number;
  readonly inFlightMax: number;
  /** Users of the closed loop whose executions are marked; null in the closed model and in runs of less than a second. */
  readonly closedLoopUsers: number | null;
}
