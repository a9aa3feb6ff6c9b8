// One bench run from start to report: warm the executor, drive the load, watch the machine, fill in the run report.
import { setMaxListeners } from 'node:events';
import { type Clock, realClock } from '../clock.ts';
import type { Environment, RunReport, TargetFacts } from '../report/run-report.ts';
import type { Scenario } from '../scenario/load-scenario.ts';
import { createWorkload } from '../scenario/workload.ts';
import { buildReport, type RunFacts } from './build-report.ts';
import { runEngine } from './engine.ts';
import { HdrLog } from './hdr-log.ts';
import { type HostSampler, type HostWindow, startHostSampler } from './host-sampler.ts';
import { steadyPhase, totalDurationMs, warmupDurationMs } from './load-plan.ts';
import type { LoadTarget } from './load-target.ts';
import { type MachineTimes, readEnvironment, readMachineTimes } from './machine.ts';
import { createProcessProbe, type ProcessProbe } from './process-probe.ts';
import { type Progress, RunRecorder } from './run-recorder.ts';
import type { LoadPlan } from './sample.ts';
import { startStallWatch } from './stall-watch.ts';
import type { Threshold } from './thresholds.ts';
import { createThreadWaker, type Waker } from './waker.ts';
import { WarmupHold } from './warmup-hold.ts';

export interface BenchOptions {
  readonly scenario: Scenario;
  readonly plan: LoadPlan;
  /** What is measured; its owner disposes it. */
  readonly executor: LoadTarget;
  /** How the report names it. */
  readonly target: Omit<TargetFacts, 'max_in_flight_n' | 'timeout_ms'>;
  /** Ends the run early: a partial report is made. */
  readonly signal: AbortSignal;
  /** The command line, for the report; secrets are masked. */
  readonly argv: readonly string[];
  /** Goals of the run; a failed one makes exit code 99. */
  readonly thresholds?: readonly Threshold[];
  /** Keeps an invalid run's mark, but not its exit code. */
  readonly allowNoise?: boolean;
  /** Looks for a warm-up beyond the planned one and cuts it. Default true. */
  readonly findsWarmup?: boolean;
  /** Keeps a histogram log, see {@link BenchResult.log}. Default false. */
  readonly keepsLog?: boolean;
  /** Called four times a second. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * CPU time so far of the process that embeds the pool, ms, when that is not this one; the cost of an execution is then free of
   * the generator's own. `null`: it runs elsewhere and cannot be known. Absent: this process.
   */
  readonly embeddingCpuMs?: (() => number) | null;
  readonly clock?: Clock;
  /** Default: a thread of its own. */
  readonly waker?: Waker;
  readonly probe?: ProcessProbe;
  /** Default: read from this machine. */
  readonly environment?: Environment;
}

export interface BenchResult {
  readonly report: RunReport;
  readonly recorder: RunRecorder;
  /** The text of an `.hlog` file, when one was kept. */
  readonly log?: string;
}

const PROGRESS_MS = 250;

/**
 * Runs `plan` against `executor` and answers with the run report. What goes wrong with executions is in the report.
 *
 * @throws EnclaveError when the executor cannot be started
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { clock = realClock, executor, plan, scenario, signal } = options;
  const probe = options.probe ?? createProcessProbe();
  // Every execution of the run may listen on one signal.
  setMaxListeners(0, signal);
  const env = options.environment ?? (await readEnvironment(probe, options.argv));
  await untilAborted(executor.ready(), signal);
  const waker = options.waker ?? (await createThreadWaker(clock));
  const log = options.keepsLog === true ? new HdrLog(totalDurationMs(plan)) : undefined;
  const recorder = new RunRecorder({
    phaseNames: plan.phases.map((phase) => phase.name),
    durationMs: totalDurationMs(plan),
    hold: new WarmupHold(options.findsWarmup === false ? undefined : steadyPhase(plan)),
    ...(log === undefined ? {} : { log }),
  });
  const startMs = clock.nowMs();
  const startWallMs = clock.wallMs();
  const watch = startWatch(options, clock, probe);
  // Garbage collections are reported on the real time line only.
  using stallWatch = clock === realClock ? startStallWatch(clock, startMs) : undefined;
  const cancelProgress = every(clock, PROGRESS_MS, () => {
    const progress = recorder.progress(clock.nowMs() - startMs);
    options.onProgress?.(progress);
  });
  try {
    const engine = await runEngine({
      executor,
      plan,
      clock,
      waker,
      signal,
      workload: createWorkload(scenario, plan.seed, plan.timeoutMs),
      onArrive: () => recorder.arrive(clock.nowMs() - startMs),
      onSample: (sample) => recorder.add(sample),
      onIssued: () => watch.stop(),
    });
    const facts: RunFacts = {
      ...watch.result(),
      env,
      engine,
      stalls: stallWatch?.stalls() ?? [],
      stallsDroppedN: stallWatch?.droppedN() ?? 0,
      startWallMs,
      endWallMs: clock.wallMs(),
      clockStepMs: clock.wallMs() - startWallMs - (clock.nowMs() - startMs),
    };
    const report = buildReport(options, recorder, facts);
    return { report, recorder, ...(log === undefined ? {} : { log: log.text(startWallMs, engine.endedMs) }) };
  } finally {
    cancelProgress();
    watch.stop();
    if (options.waker === undefined) waker[Symbol.dispose]();
  }
}

/** CPU, memory and event loop between the end of the warm-up and the end of the issue. */
export interface WatchResult {
  readonly window: HostWindow | null;
  /** CPU of this process in the window, ms. */
  readonly ownCpuMs: number | null;
  /** CPU of the process that embeds the pool in the window; null when that is this process. */
  readonly embeddingCpuMs: number | null;
  readonly machineBefore: MachineTimes | null;
  readonly machineAfter: MachineTimes | null;
  readonly loopBusyRatio: number | null;
}

interface Watch {
  stop(): void;
  result(): WatchResult;
}

function startWatch(
  { embeddingCpuMs, executor, plan }: BenchOptions,
  clock: Clock,
  probe: ProcessProbe,
): Watch {
  let sampler: HostSampler | undefined;
  let cpuBeforeMs = 0;
  let embeddingBeforeMs = 0;
  let machineBefore: MachineTimes | null = null;
  let result: WatchResult = {
    window: null,
    ownCpuMs: null,
    embeddingCpuMs: null,
    machineBefore: null,
    machineAfter: null,
    loopBusyRatio: null,
  };
  const begin = (): void => {
    probe.loopBusyRatio();
    cpuBeforeMs = probe.cpuMs();
    embeddingBeforeMs = embeddingCpuMs?.() ?? 0;
    machineBefore = readMachineTimes();
    sampler = startHostSampler(executor, clock);
  };
  const warmupMs = warmupDurationMs(plan);
  const cancel = warmupMs === 0 ? () => {} : clock.setTimer(warmupMs, begin);
  if (warmupMs === 0) begin();
  return {
    stop() {
      cancel();
      if (sampler === undefined) return;
      const window = sampler.stop();
      sampler = undefined;
      result = {
        window,
        ownCpuMs: probe.cpuMs() - cpuBeforeMs,
        embeddingCpuMs: embeddingCpuMs == null ? null : embeddingCpuMs() - embeddingBeforeMs,
        machineBefore,
        machineAfter: readMachineTimes(),
        loopBusyRatio: probe.loopBusyRatio(),
      };
    },
    result: () => result,
  };
}

function every(clock: Clock, ms: number, act: () => void): () => void {
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = clock.setTimer(ms, () => {
      act();
      arm();
    });
  };
  arm();
  return () => cancel();
}

/** Waits for `work`, or until `signal` fires: the run then ends with nothing measured. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
