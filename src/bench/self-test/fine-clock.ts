// A clock whose timers are finer than those of node, which are late by up to a millisecond: a server of known behaviour must not be
// what is measured.
import type { Clock } from '../../clock.ts';
import type { Waker } from '../waker.ts';

interface Due {
  readonly atMs: number;
  readonly fire: () => void;
}

/** @param waker - used for nothing else */
export function fineClock(clock: Clock, waker: Waker): Clock {
  /** The next one first. */
  const waiting: Due[] = [];
  const arm = (): void => {
    const next = waiting[0];
    if (next === undefined) waker.cancel();
    else waker.wakeAt(next.atMs, fireDue);
  };
  const fireDue = (): void => {
    const nowMs = clock.nowMs();
    const later = waiting.findIndex(({ atMs }) => atMs > nowMs);
    for (const { fire } of waiting.splice(0, later < 0 ? waiting.length : later)) fire();
    arm();
  };
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    defer: (work) => clock.defer(work),
    setBackgroundTimer: (delayMs, fire) => clock.setBackgroundTimer(delayMs, fire),
    setTimer(delayMs, fire) {
      const due = { atMs: clock.nowMs() + delayMs, fire };
      const before = waiting.findLastIndex(({ atMs }) => atMs <= due.atMs);
      waiting.splice(before + 1, 0, due);
      if (before < 0) arm();
      return () => {
        const at = waiting.indexOf(due);
        if (at >= 0) waiting.splice(at, 1);
        if (at === 0) arm();
      };
    },
  };
}
