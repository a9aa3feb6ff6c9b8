// The load engine: hands executions to an executor at their intended instants (open model) or keeps a fixed number in flight
// (closed model), and tells what became of each. It never learns what kind of executor it drives.
import { toEnclaveError } from '../errors.ts';
import type { ExecutionRequest } from '../execution.ts';
import type { Job } from '../scenario/workload.ts';
import {
  type Arrival,
  type ArrivalSource,
  createArrivals,
  limitMeasured,
  phaseAt,
  replayArrivals,
} from './arrivals.ts';
import type { EngineOptions, EngineResult } from './engine-types.ts';
import { ExecutionMarks, watchEvents } from './execution-marks.ts';
import { InFlightMeter } from './in-flight-meter.ts';
import { totalDurationMs } from './load-plan.ts';
import type { LoadOutcome } from './load-target.ts';
import { ReachWatch } from './reach-watch.ts';
import type { LoadPlan, SampleEnd } from './sample.ts';
import { endOf } from './sample-end.ts';

/** Executions handed over in one turn of the event loop, so that answers are read in between. */
const MAX_PER_TURN = 256;
/** A failure quicker than this counts as a refusal in the closed model; see {@link Engine}. */
const REFUSED_WITHIN_MS = 1;
const REFUSED_PAUSE_MS = 10;
/** How often overdue executions are looked for, ms. */
const SWEEP_MS = 100;
/** Longest wait for the last answers of an interrupted run, ms. */
const INTERRUPT_DRAIN_MS = 5_000;

interface Open {
  readonly arrival: Arrival;
  readonly job: Job;
  readonly startMs: number;
  readonly seen: ExecutionMarks;
}

/** Runs the plan to its end: every arrival issued and answered, given up at its time-out, or abandoned after the drain. */
export async function runEngine(options: EngineOptions): Promise<EngineResult> {
  return new Engine(options).run();
}

/** State of one run. `run()` may be called once. */
class Engine {
  readonly #options: EngineOptions;
  readonly #zeroMs: number;
  /** In order of start, so that the overdue ones come first. */
  readonly #open = new Map<number, Open>();
  readonly #done: PromiseWithResolvers<void> = Promise.withResolvers();
  #issued = false;
  #issuedMs = 0;
  readonly #reach = new ReachWatch();
  readonly #inFlight = new InFlightMeter();
  #isUnreachable = false;
  #closedIndex = 0;
  #closedMeasured = 0;
  #plannedIssueMs = 0;
  #drainEndMs = Infinity;
  #cancelSweep = (): void => {};

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#zeroMs = options.clock.nowMs();
  }

  async run(): Promise<EngineResult> {
    const { plan, signal, waker } = this.#options;
    const onAbort = (): void => this.#interrupt();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#sweep();
      if (signal.aborted) this.#interrupt();
      else if (plan.model === 'open') this.#startOpen();
      else this.#startClosed();
      await this.#done.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      waker.cancel();
      this.#cancelSweep();
    }
    return {
      complete: !signal.aborted && !this.#isUnreachable,
      isUnreachable: this.#isUnreachable,
      issuedMs: this.#issuedMs,
      endedMs: this.#now(),
      plannedIssueMs: this.#plannedIssueMs,
      inFlightMs: this.#inFlight.integralMs,
      inFlightMax: this.#inFlight.max,
    };
  }

  #now(): number {
    return this.#options.clock.nowMs() - this.#zeroMs;
  }

  #startOpen(): void {
    const source = arrivalsOf(this.#options.plan);
    let next = source.next();
    const pump = (): void => {
      if (this.#issued) return;
      for (let started = 0; next !== undefined && next.offsetMs <= this.#now(); started++) {
        if (started === MAX_PER_TURN) {
          this.#options.clock.defer(pump);
          return;
        }
        this.#arrive(next);
        next = source.next();
      }
      if (next === undefined) this.#endOpen();
      else this.#options.waker.wakeAt(this.#zeroMs + next.offsetMs, pump);
    };
    pump();
  }

  /** The issue lasts to the end of its phases, also when the last arrival is before it. */
  #endOpen(): void {
    const { plan, waker } = this.#options;
    const totalMs = totalDurationMs(plan);
    const isCounted = plan.count !== undefined || plan.replayMs !== undefined;
    if (isCounted || this.#now() >= totalMs) {
      if (!isCounted) this.#plannedIssueMs = totalMs;
      this.#finishIssue();
    } else {
      waker.wakeAt(this.#zeroMs + totalMs, () => this.#endOpen());
    }
  }

  #arrive(arrival: Arrival): void {
    const job = this.#options.workload.job(arrival.index);
    this.#options.onArrive?.();
    this.#plannedIssueMs = arrival.offsetMs;
    if (this.#open.size < this.#options.plan.maxInFlight) {
      this.#start(arrival, job);
    } else {
      const at = arrival.offsetMs;
      this.#emit({ arrival, job, startMs: at }, { kind: 'dropped' }, at);
    }
  }

  /** Keeps `concurrency` executions in flight; each end starts the next one. */
  #startClosed(): void {
    const { concurrency } = this.#options.plan;
    for (let user = 0; user < concurrency; user++) this.#startNextClosed();
    this.#armClosedEnd();
  }

  #startNextClosed(): void {
    const { plan, workload } = this.#options;
    const offsetMs = this.#now();
    const totalMs = totalDurationMs(plan);
    const isCounted = plan.count !== undefined && this.#closedMeasured >= plan.count;
    if (this.#issued || isCounted || offsetMs >= totalMs) {
      this.#finishIssue();
      return;
    }
    const phase = phaseAt(plan.phases, offsetMs);
    if (plan.phases[phase]?.measured === true) this.#closedMeasured += 1;
    const arrival = { index: this.#closedIndex++, offsetMs, phase };
    this.#options.onArrive?.();
    this.#start(arrival, workload.job(arrival.index));
  }

  /** Ends the issue on time even when no execution ends then. */
  #armClosedEnd(): void {
    const totalMs = totalDurationMs(this.#options.plan);
    if (Number.isFinite(totalMs) && !this.#issued) {
      this.#options.waker.wakeAt(this.#zeroMs + totalMs, () => this.#finishIssue());
    }
  }

  #start(arrival: Arrival, job: Job): void {
    const { clock, executor } = this.#options;
    const seen = new ExecutionMarks(clock, this.#zeroMs);
    const startMs = this.#now();
    this.#inFlight.until(startMs, this.#open.size);
    const open: Open = { arrival, job, startMs, seen };
    this.#open.set(arrival.index, open);
    this.#inFlight.reached(this.#open.size);
    const request = executor.tellsWatch === true ? job.request : withEvents(job.request, seen);
    executor.execute(request, seen).then(
      (outcome) => this.#settle(open, endOf(outcome, job.expect), outcome),
      (thrown: unknown) =>
        this.#settle(open, { kind: 'failed', code: toEnclaveError(thrown).code }, undefined),
    );
  }

  #settle(open: Open, end: SampleEnd, outcome: LoadOutcome | undefined): void {
    const { arrival } = open;
    // Gone already: it was given up at its time-out or at the end of the drain.
    if (this.#open.get(arrival.index) !== open) return;
    this.#close(open, end, outcome);
    if (this.#reach.note(outcome, this.#now()) && !this.#issued) {
      this.#isUnreachable = true;
      this.#finishIssue();
    }
    this.#replaceClosed(open, end, outcome?.error?.isUnreachable === true);
    this.#finishIfDrained();
  }

  #close(open: Open, end: SampleEnd, outcome: LoadOutcome | undefined): void {
    const nowMs = this.#now();
    this.#inFlight.until(nowMs, this.#open.size);
    this.#open.delete(open.arrival.index);
    this.#emit(open, end, nowMs, outcome);
  }

  #emit(
    { arrival, job, seen, startMs }: Omit<Open, 'seen'> & Partial<Pick<Open, 'seen'>>,
    end: SampleEnd,
    endMs: number,
    outcome?: LoadOutcome,
  ): void {
    const { onSample, plan } = this.#options;
    const { index, offsetMs: intendedMs, phase } = arrival;
    const { script, tenant } = job;
    const measured = plan.phases[phase]?.measured === true;
    const stats = outcome?.stats;
    // Whole literals: copies of copies cost more than all the rest of this.
    if (seen === undefined)
      onSample({ index, phase, measured, script, tenant, intendedMs, startMs, endMs, end });
    else if (stats === undefined)
      onSample({ index, phase, measured, script, tenant, intendedMs, startMs, endMs, end, seen });
    else onSample({ index, phase, measured, script, tenant, intendedMs, startMs, endMs, end, seen, stats });
  }

  /** Gives up executions past their time-out, and all that is left when the drain is over. */
  #sweep(): void {
    const { clock, plan } = this.#options;
    const nowMs = this.#now();
    for (const open of this.#open.values()) {
      if (nowMs - open.startMs < plan.timeoutMs) break;
      this.#giveUp(open, { kind: 'failed', code: 'CLIENT_TIMEOUT' });
    }
    if (nowMs >= this.#drainEndMs) {
      for (const open of this.#open.values()) this.#giveUp(open, { kind: 'abandoned' });
    }
    this.#finishIfDrained();
    this.#cancelSweep = clock.setTimer(SWEEP_MS, () => this.#sweep());
  }

  #giveUp(open: Open, end: SampleEnd): void {
    this.#close(open, end, undefined);
    open.seen.cancel();
    this.#replaceClosed(open, end, false);
  }

  /** Starts the next execution of a closed user; a target that refuses at once is asked again only after a pause. */
  #replaceClosed(open: Open, end: SampleEnd, isUnreachable: boolean): void {
    const { clock, plan } = this.#options;
    if (plan.model === 'open' || this.#issued) return;
    const isQuickFailure = end.kind === 'failed' && this.#now() - open.startMs < REFUSED_WITHIN_MS;
    if (isQuickFailure || isUnreachable) clock.setTimer(REFUSED_PAUSE_MS, () => this.#startNextClosed());
    else clock.defer(() => this.#startNextClosed());
  }

  #interrupt(): void {
    this.#finishIssue();
    this.#drainEndMs = Math.min(this.#drainEndMs, this.#now() + INTERRUPT_DRAIN_MS);
  }

  #finishIssue(): void {
    if (this.#issued) return;
    this.#issued = true;
    this.#issuedMs = this.#now();
    this.#drainEndMs = this.#issuedMs + this.#options.plan.drainMs;
    this.#options.waker.cancel();
    this.#options.onIssued?.();
    this.#finishIfDrained();
  }

  #finishIfDrained(): void {
    if (this.#issued && this.#open.size === 0) this.#done.resolve();
  }
}

/** For executors: events tell what is seen, a signal cancels. */
function withEvents(request: ExecutionRequest, seen: ExecutionMarks): ExecutionRequest {
  const controller = new AbortController();
  seen.onCancel(() => controller.abort());
  return { ...request, signal: controller.signal, onEvent: watchEvents(seen) };
}

function arrivalsOf(plan: LoadPlan): ArrivalSource {
  const source =
    plan.replayMs === undefined
      ? createArrivals(plan.arrivals, plan.phases, plan.seed)
      : replayArrivals(plan.replayMs, plan.phases);
  return plan.count === undefined ? source : limitMeasured(source, plan.phases, plan.count);
}
