// Notes what stops this process while a run is under way: garbage collections, and turns of the event loop that took too long.
import { PerformanceObserver } from 'node:perf_hooks';
import type { Clock } from '../clock.ts';
import type { Stall } from '../report/run-report.ts';

/** Shorter ones explain no slow execution, ms. */
const MIN_GC_MS = 1;
const MIN_BLOCK_MS = 20;
const PROBE_MS = 10;
/** Further stalls are counted only: a report stays readable. */
const MAX_STALLS = 500;

export interface StallWatch extends Disposable {
  /** In order of time; instants count from the start of the run. */
  stalls(): readonly Stall[];
  droppedN(): number;
  /** The same, forgotten here: for a process that hands them on. */
  take(): readonly Stall[];
}

/** @param clock - its `nowMs` is the time line of the run, `performance.now()` in real runs; `startMs` is its origin */
export function startStallWatch(clock: Clock, startMs: number): StallWatch {
  const kept: Stall[] = [];
  let dropped = 0;
  const note = (kind: Stall['kind'], fromMs: number, durationMs: number): void => {
    if (kept.length >= MAX_STALLS) dropped += 1;
    else kept.push({ kind, from_s: (fromMs - startMs) / 1_000, duration_us: Math.round(durationMs * 1_000) });
  };
  const observer = new PerformanceObserver((list) => {
    for (const { duration, startTime } of list.getEntries())
      if (duration >= MIN_GC_MS && startTime >= startMs) note('gc', startTime, duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  let cancel = (): void => {};
  const arm = (): void => {
    const dueMs = clock.nowMs() + PROBE_MS;
    cancel = clock.setTimer(PROBE_MS, () => {
      const lateMs = clock.nowMs() - dueMs;
      if (lateMs >= MIN_BLOCK_MS) note('loop-block', dueMs, lateMs);
      arm();
    });
  };
  arm();
  return {
    stalls: () => kept.toSorted((a, b) => a.from_s - b.from_s),
    droppedN: () => dropped,
    take: () => kept.splice(0),
    [Symbol.dispose]() {
      cancel();
      observer.disconnect();
    },
  };
}
