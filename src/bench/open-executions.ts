// The executions in flight, in order of start: each is its own sample, and nothing is looked up to end one.
import type { Job } from '../scenario/workload.ts';
import type { Arrival } from './arrivals.ts';
import { ExecutionMarks, type Marks } from './execution-marks.ts';
import type { LoadOutcome, LoadRun } from './load-target.ts';
import type { Sample, SampleEnd } from './sample.ts';

export interface OpenExecutionOptions {
  readonly arrival: Arrival;
  readonly job: Job;
  readonly measured: boolean;
  /** ms since the start of the run. */
  readonly startMs: number;
  readonly isAsClosed: boolean;
  readonly now: () => number;
  readonly onEnd: (execution: OpenExecution, outcome: LoadOutcome) => void;
}

const PENDING: SampleEnd = { kind: 'abandoned' };

/** One execution from its hand-over on. */
export class OpenExecution extends ExecutionMarks implements LoadRun, Sample {
  readonly index: number;
  readonly phase: number;
  readonly measured: boolean;
  readonly job: Job;
  readonly intendedMs: number;
  readonly startMs: number;
  readonly isAsClosed: boolean;
  readonly #onEnd: OpenExecutionOptions['onEnd'];
  endMs: number = NaN;
  end: SampleEnd = PENDING;
  stats: LoadOutcome['stats'];
  isOpen = true;
  /** Neighbours in {@link OpenExecutions}. */
  before: OpenExecution | undefined = undefined;
  after: OpenExecution | undefined = undefined;

  constructor({ arrival, isAsClosed, job, measured, now, onEnd, startMs }: OpenExecutionOptions) {
    super(now);
    this.index = arrival.index;
    this.phase = arrival.phase;
    this.intendedMs = arrival.offsetMs;
    this.measured = measured;
    this.job = job;
    this.startMs = startMs;
    this.isAsClosed = isAsClosed;
    this.#onEnd = onEnd;
  }

  get script(): string {
    return this.job.script;
  }

  get tenant(): string {
    return this.job.tenant;
  }

  get seen(): Marks {
    return this;
  }

  ended(outcome: LoadOutcome): void {
    this.#onEnd(this, outcome);
  }
}

/** A linked list: an ended execution leaves it without a trace that the garbage collector would follow. */
export class OpenExecutions {
  #first: OpenExecution | undefined = undefined;
  #last: OpenExecution | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that was started first. */
  get oldest(): OpenExecution | undefined {
    return this.#first;
  }

  add(execution: OpenExecution): void {
    execution.before = this.#last;
    if (this.#last === undefined) this.#first = execution;
    else this.#last.after = execution;
    this.#last = execution;
    this.#size += 1;
  }

  remove(execution: OpenExecution): void {
    const { after, before } = execution;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    execution.before = undefined;
    execution.after = undefined;
    this.#size -= 1;
  }
}
