// Watches a run from the end of its planned warm-up to the end of its issue: CPU, memory, event loop, the machine.
import type { Clock } from '../clock.ts';
import type { BenchOptions } from './bench-options.ts';
import { type HostSampler, type HostWindow, startHostSampler } from './host-sampler.ts';
import { warmupDurationMs } from './load-plan.ts';
import { type MachineTimes, readMachineTimes } from './machine.ts';
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
  };
  const begin = (): void => {
    probe.loopBusyRatio();
    cpuBeforeMs = probe.cpuMs();
    spunBeforeMs = waker.spunMs();
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
        spunMs: waker.spunMs() - spunBeforeMs,
        embeddingCpuMs: embeddingCpuMs == null ? null : embeddingCpuMs() - embeddingBeforeMs,
        machineBefore,
        machineAfter: readMachineTimes(),
        loopBusyRatio: probe.loopBusyRatio(),
      };
    },
    result: () => result,
  };
}
