// The load engine: hands executions to an executor at their intended instants (open model) or keeps a fixed number in flight
// (closed model), and tells what became of each. It never learns what kind of executor it drives.
import { toEnclaveError } from '../errors.ts';
import { type Arrival, phaseAt } from './arrivals.ts';
import { ClosedLoopView } from './closed-loop-view.ts';
import type { EngineOptions, EngineResult } from './engine-types.ts';
import { withEvents } from './execution-marks.ts';
import { InFlightMeter } from './in-flight-meter.ts';
import { totalDurationMs } from './load-plan.ts';
import type { LoadOutcome } from './load-target.ts';
import { OpenExecution, OpenExecutions } from './open-executions.ts';
import { plannedArrivals } from './planned-arrivals.ts';
import { ReachWatch } from './reach-watch.ts';
import type { SampleEnd } from './sample.ts';
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

/** Runs the plan to its end: every arrival issued and answered, given up at its time-out, or abandoned after the drain. */
export async function runEngine(options: EngineOptions): Promise<EngineResult> {
  return new Engine(options).run();
}

/** State of one run. `run()` may be called once. */
class Engine {
  readonly #options: EngineOptions;
  readonly #zeroMs: number;
  readonly #open = new OpenExecutions();
  readonly #done: PromiseWithResolvers<void> = Promise.withResolvers();
  #issued = false;
  #issuedMs = 0;
  readonly #reach = new ReachWatch();
  readonly #inFlight = new InFlightMeter();
  readonly #closedView = new ClosedLoopView();
  #isUnreachable = false;
  #closedIndex = 0;
  #closedMeasured = 0;
  /** Closed users that will start their next execution in the next turn of the event loop. */
  #waitingUsers = 0;
  #isStarting = false;
  #plannedIssueMs = 0;
  #drainEndMs = Infinity;
  #cancelSweep = (): void => {};

  readonly #totalMs: number;
  readonly #isOpenModel: boolean;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#isOpenModel = options.plan.model === 'open';
    this.#totalMs = totalDurationMs(options.plan);
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
      closedLoopUsers: this.#closedView.users,
    };
  }

  readonly #now = (): number => this.#options.clock.nowMs() - this.#zeroMs;

  #startOpen(): void {
    const { plan, workload } = this.#options;
    const source = plannedArrivals(plan, workload);
    let next = source.next();
    const pump = (): void => {
      if (this.#issued) return;
      for (let started = 0; next !== undefined; started++) {
        const nowMs = this.#now();
        if (next.offsetMs > nowMs) break;
        if (started === MAX_PER_TURN) {
          this.#options.clock.defer(pump);
          return;
        }
        this.#arrive(next, nowMs);
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
    const totalMs = this.#totalMs;
    const isCounted = plan.count !== undefined || plan.replayMs !== undefined;
    if (isCounted || this.#now() >= totalMs) {
      if (!isCounted) this.#plannedIssueMs = totalMs;
      this.#finishIssue();
    } else {
      waker.wakeAt(this.#zeroMs + totalMs, () => this.#endOpen());
    }
  }

  #arrive(arrival: Arrival, nowMs: number): void {
    const { onArrive, onSample, plan, workload } = this.#options;
    onArrive?.(nowMs);
    this.#plannedIssueMs = arrival.offsetMs;
    if (this.#open.size < plan.maxInFlight) {
      this.#start(arrival, nowMs);
    } else {
      const { index, offsetMs: at, phase } = arrival;
      const { script, tenant } = workload.job(index);
      const measured = this.#isMeasured(phase);
      const times = { intendedMs: at, startMs: at, endMs: at };
      onSample({ index, phase, measured, script, tenant, ...times, end: { kind: 'dropped' } });
    }
  }

  /** Keeps `concurrency` executions in flight; each end starts the next one. */
  #startClosed(): void {
    const { concurrency } = this.#options.plan;
    for (let user = 0; user < concurrency; user++) this.#startNextClosed();
    this.#armClosedEnd();
  }

  #startNextClosed(): void {
    const { onArrive, plan } = this.#options;
    const offsetMs = this.#now();
    const totalMs = this.#totalMs;
    const isCounted = plan.count !== undefined && this.#closedMeasured >= plan.count;
    if (this.#issued || isCounted || offsetMs >= totalMs) {
      this.#finishIssue();
      return;
    }
    const phase = phaseAt(plan.phases, offsetMs);
    if (this.#isMeasured(phase)) this.#closedMeasured += 1;
    onArrive?.(offsetMs);
    this.#start({ index: this.#closedIndex++, offsetMs, phase }, offsetMs);
  }

  /** Ends the issue on time even when no execution ends then. */
  #armClosedEnd(): void {
    const totalMs = this.#totalMs;
    if (Number.isFinite(totalMs) && !this.#issued) {
      this.#options.waker.wakeAt(this.#zeroMs + totalMs, () => this.#finishIssue());
    }
  }

  #start(arrival: Arrival, startMs: number): void {
    const { executor, workload } = this.#options;
    const job = workload.job(arrival.index);
    const execution = new OpenExecution({
      arrival,
      job,
      measured: this.#isMeasured(arrival.phase),
      startMs,
      isAsClosed: this.#isOpenModel && this.#closedView.start(startMs, this.#inFlight.integralMs / startMs),
      now: this.#now,
      onEnd: this.#settle,
    });
    this.#inFlight.until(startMs, this.#open.size);
    this.#open.add(execution);
    this.#inFlight.reached(this.#open.size);
    if (executor.start !== undefined) {
      this.#isStarting = true;
      executor.start(execution);
      this.#isStarting = false;
      return;
    }
    const request = executor.tellsWatch === true ? job.request : withEvents(job.request, execution);
    executor.execute(request, execution).then(
      (outcome) => execution.ended(outcome),
      (thrown: unknown) => execution.ended({ success: false, error: { code: toEnclaveError(thrown).code } }),
    );
  }

  readonly #settle = (execution: OpenExecution, outcome: LoadOutcome): void => {
    // It was given up at its time-out or at the end of the drain.
    if (!execution.isOpen) return;
    const nowMs = this.#now();
    execution.stats = outcome.stats;
    this.#close(execution, endOf(outcome, execution.job.expect), nowMs);
    if (this.#reach.note(outcome, nowMs) && !this.#issued) {
      this.#isUnreachable = true;
      this.#finishIssue();
    }
    this.#replaceClosed(execution, outcome.error?.isUnreachable === true);
    this.#finishIfDrained();
  };

  #close(execution: OpenExecution, end: SampleEnd, nowMs: number): void {
    this.#inFlight.until(nowMs, this.#open.size);
    this.#open.remove(execution);
    if (execution.isAsClosed) this.#closedView.end();
    execution.isOpen = false;
    execution.end = end;
    execution.endMs = nowMs;
    this.#options.onSample(execution);
  }

  #isMeasured(phase: number): boolean {
    return this.#options.plan.phases[phase]?.measured === true;
  }

  /** Gives up executions past their time-out, and all that is left when the drain is over. */
  #sweep(): void {
    const { clock, plan } = this.#options;
    const nowMs = this.#now();
    for (let open = this.#open.oldest; open !== undefined; open = this.#open.oldest) {
      if (nowMs - open.startMs < plan.timeoutMs) break;
      this.#giveUp(open, { kind: 'failed', code: 'CLIENT_TIMEOUT' });
    }
    while (nowMs >= this.#drainEndMs && this.#open.oldest !== undefined) {
      this.#giveUp(this.#open.oldest, { kind: 'abandoned' });
    }
    this.#finishIfDrained();
    this.#cancelSweep = clock.setTimer(SWEEP_MS, () => this.#sweep());
  }

  #giveUp(execution: OpenExecution, end: SampleEnd): void {
    this.#close(execution, end, this.#now());
    execution.cancel();
    this.#replaceClosed(execution, false);
  }

  /** Starts the next execution of a closed user; a target that refuses at once is asked again only after a pause. */
  #replaceClosed({ end, endMs, startMs }: OpenExecution, isUnreachable: boolean): void {
    const { clock, executor, plan } = this.#options;
    if (plan.model === 'open' || this.#issued) return;
    const isQuickFailure = end.kind === 'failed' && endMs - startMs < REFUSED_WITHIN_MS;
    if (isQuickFailure || isUnreachable) {
      clock.setTimer(REFUSED_PAUSE_MS, () => this.#startNextClosed());
    } else if (executor.start !== undefined && !this.#isStarting) {
      this.#startNextClosed();
    } else {
      // Promise reactions that start further executions would keep the event loop from ever turning.
      this.#waitingUsers += 1;
      if (this.#waitingUsers === 1) clock.defer(() => this.#startWaiting());
    }
  }

  #startWaiting(): void {
    const users = this.#waitingUsers;
    this.#waitingUsers = 0;
    for (let user = 0; user < users; user++) this.#startNextClosed();
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
