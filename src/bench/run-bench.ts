// One bench run from start to report: warm the executor, drive the load, watch the machine, fill in the run report.
import { setMaxListeners } from 'node:events';
import { type Clock, machineOffsetMs, realClock } from '../clock.ts';
import type { RunReport, Stall } from '../report/run-report.ts';
import { createWorkload, hostileTenants } from '../scenario/workload.ts';
import type { BenchOptions } from './bench-options.ts';
import { buildReport, type RunFacts } from './build-report.ts';
import { calibrate } from './calibration.ts';
import { runEngine } from './engine.ts';
import { HdrLog } from './hdr-log.ts';
import { steadyPhase, totalDurationMs } from './load-plan.ts';
import type { LoadTarget } from './load-target.ts';
import { readEnvironment } from './machine.ts';
import { createProcessProbe } from './process-probe.ts';
import { RunRecorder } from './run-recorder.ts';
import { startWatch } from './run-watch.ts';
import { startStallWatch } from './stall-watch.ts';
import { createThreadWaker } from './waker.ts';
import { WarmupHold } from './warmup-hold.ts';

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
    hostileTenants: hostileTenants(scenario),
    hold: new WarmupHold(options.findsWarmup === false ? undefined : steadyPhase(plan)),
    ...(log === undefined ? {} : { log }),
  });
  // Nothing else is under way yet, nor after the drain: whatever moves this moves the run.
  const calibratedMs = calibrate(clock);
  const startMs = clock.nowMs();
  const startWallMs = clock.wallMs();
  const watch = startWatch(options, clock, probe, waker);
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
      onArrive: (nowMs) => recorder.arrive(nowMs),
      onSample: (sample) => recorder.add(sample),
      onIssued: () => watch.stop(),
    });
    const facts: RunFacts = {
      ...watch.result(),
      env,
      engine,
      stalls: [...(stallWatch?.stalls() ?? []), ...poolStalls(executor, clock, startMs)].sort(
        (a, b) => a.from_s - b.from_s,
      ),
      stallsDroppedN: stallWatch?.droppedN() ?? 0,
      startWallMs,
      endWallMs: clock.wallMs(),
      calibrationMs: [calibratedMs, calibrate(clock)],
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

/** Those of the pool's own process that fell into the run, on its time line. */
function poolStalls(executor: LoadTarget, clock: Clock, startMs: number): Stall[] {
  if (clock !== realClock || executor.stalls === undefined) return [];
  const zeroS = (startMs + machineOffsetMs()) / 1_000;
  return executor
    .stalls()
    .map((stall): Stall => ({ ...stall, where: 'pool', from_s: stall.from_s - zeroS }))
    .filter(({ from_s }) => from_s >= 0);
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
