// Watches a run from the end of its planned warm-up to the end of its issue: CPU, memory, event loop, the machine.
import type { Clock } from '../clock.ts';
import type { BenchOptions } from './bench-options.ts';
import { type HostSampler, type HostWindow, startHostSampler } from './host-sampler.ts';
import { warmupDurationMs } from './load-plan.ts';
import { type MachineTimes, readCoreWaitMs, readMachineTimes } from './machine.ts';
import type { ProcessProbe } from './process-probe.ts';
import type { Waker } from './waker.ts';

/** CPU, memory and event loop between the end of the warm-up and the end of the issue. */
export interface WatchResult {
  readonly window: HostWindow | null;
  /** CPU of this process in the window, ms. */
  readonly ownCpuMs: number | null;
  /** Part of it that only kept the generator on time, ms. */
  readonly spunMs: number;
  /** CPU of the process that embeds the pool in the window; null when that is this process. */
  readonly embeddingCpuMs: number | null;
  readonly machineBefore: MachineTimes | null;
  readonly machineAfter: MachineTimes | null;
  readonly loopBusyRatio: number | null;
  /** Share of the window in which this thread was ready to run and had no core. */
  readonly coreWaitRatio: number | null;
}

export interface RunWatch {
  stop(): void;
  result(): WatchResult;
}

export function startWatch(
  { embeddingCpuMs, executor, plan }: BenchOptions,
  clock: Clock,
  probe: ProcessProbe,
  waker: Waker,
): RunWatch {
  let sampler: HostSampler | undefined;
  let cpuBeforeMs = 0;
  let embeddingBeforeMs = 0;
  let spunBeforeMs = 0;
  let machineBefore: MachineTimes | null = null;
  let result: WatchResult = {
    window: null,
    ownCpuMs: null,
    spunMs: 0,
    embeddingCpuMs: null,
    machineBefore: null,
    machineAfter: null,
    loopBusyRatio: null,
    coreWaitRatio: null,
  };
  let beganMs = 0;
  let waitedBeforeMs: number | null = null;
  const begin = (): void => {
    probe.loopBusyRatio();
    cpuBeforeMs = probe.cpuMs();
    spunBeforeMs = waker.spunMs();
    embeddingBeforeMs = embeddingCpuMs?.() ?? 0;
    machineBefore = readMachineTimes();
    beganMs = clock.nowMs();
    waitedBeforeMs = readCoreWaitMs();
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
      const lengthMs = clock.nowMs() - beganMs;
      const spunMs = waker.spunMs() - spunBeforeMs;
      const active = probe.loopBusyRatio();
      result = {
        window,
        ownCpuMs: probe.cpuMs() - cpuBeforeMs,
        spunMs,
        embeddingCpuMs: embeddingCpuMs == null ? null : embeddingCpuMs() - embeddingBeforeMs,
        machineBefore,
        machineAfter: readMachineTimes(),
        // To the event loop, turning only to be on time is work.
        loopBusyRatio: active === null ? null : Math.max(0, active - spunMs / Math.max(1, lengthMs)),
        coreWaitRatio: shareOf(waitedBeforeMs, readCoreWaitMs(), lengthMs),
      };
    },
    result: () => result,
  };
}

function shareOf(beforeMs: number | null, afterMs: number | null, lengthMs: number): number | null {
  return beforeMs === null || afterMs === null || lengthMs <= 0 ? null : (afterMs - beforeMs) / lengthMs;
}
