// Wakes the dispatcher at an instant finer than the event loop's timers, without burning a core that the target needs.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

/** Calls back at instants of a clock. One wake at a time: a new one replaces the old. */
export interface Waker extends Disposable {
  /** Calls `fire` as soon as the clock reads `atMs` or later. */
  wakeAt(atMs: number, fire: () => void): void;
  cancel(): void;
  /** Time spent so far turning the event loop just to be awake, ms: CPU of this thread that no execution costs. */
  spunMs(): number;
}

/** A waker from the clock's own timers: exact on a manual clock, up to about 1 ms late on a real one. */
export function timerWaker(clock: Clock): Waker {
  let cancel = (): void => {};
  return {
    wakeAt(atMs, fire) {
      cancel();
      cancel = clock.setTimer(Math.max(0, atMs - clock.nowMs()), fire);
    },
    cancel: () => cancel(),
    spunMs: () => 0,
    [Symbol.dispose]: () => cancel(),
  };
}

/** Below this, another turn of the event loop is quicker than the thread. */
const TURN_MS = 0.08;
/** Spinning ahead of an instant: at most this share of the wait, and this long. */
const SPIN_SHARE = 0.1;
const MAX_SPIN_MS = 1;
/** So short a wait is spun from end to end: on a busy machine the thread gets a core later than that. At 1,000/s it costs 2.6 % of a core. */
const SPUN_WHOLE_MS = 0.25;
/** A turn of the event loop that takes longer has other work in it. */
const EMPTY_TURN_MS = 0.01;

/**
 * A waker with a thread of its own that sleeps in `Atomics.wait`, whose time-out is finer than a millisecond, and posts a message
 * a little early; the event loop then turns until the instant is there. Asleep it costs nothing and spinning at most a tenth of
 * the time (more only above some 2,000 wakes a second), whereas a `setImmediate` spin alone would take a whole core from the target.
 *
 * @param spinShare - share of each wait to be spun at most; 0: none
 */
export async function createThreadWaker(clock: Clock, spinShare: number = SPIN_SHARE): Promise<Waker> {
  const shared = new SharedArrayBuffer(16);
  const sequence = new Int32Array(shared, 0, 1);
  const delayMs = new Float64Array(shared, 8, 1);
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = new Worker(new URL(`./waker-thread.${ending}`, import.meta.url), { workerData: shared });
  await new Promise<void>((resolve, reject) => {
    thread.once('message', () => resolve());
    thread.once('error', reject);
  });
  thread.unref();
  let wanted: { readonly atMs: number; readonly leadMs: number; readonly fire: () => void } | undefined;
  /** When the last turn of a spin began. */
  let turnedMs: number | undefined;
  let isTurning = false;
  let spunMs = 0;

  const endTurn = (nowMs: number): void => {
    if (turnedMs !== undefined) spunMs += Math.min(EMPTY_TURN_MS, nowMs - turnedMs);
    turnedMs = undefined;
  };
  const turn = (nowMs: number): void => {
    turnedMs = nowMs;
    if (isTurning) return;
    isTurning = true;
    clock.defer(() => {
      isTurning = false;
      look();
    });
  };
  const look = (): void => {
    if (wanted === undefined) return;
    const nowMs = clock.nowMs();
    const leftMs = wanted.atMs - nowMs;
    endTurn(nowMs);
    if (leftMs <= 0) {
      const { fire } = wanted;
      wanted = undefined;
      fire();
    } else if (leftMs <= wanted.leadMs) {
      turn(nowMs);
    } else {
      delayMs[0] = leftMs - wanted.leadMs;
      Atomics.add(sequence, 0, 1);
      Atomics.notify(sequence, 0);
    }
  };
  thread.on('message', look);
  const cancel = (): void => {
    turnedMs = undefined;
    wanted = undefined;
  };
  return {
    wakeAt(atMs, fire) {
      const waitMs = Math.max(0, atMs - clock.nowMs());
      const isSpunWhole = spinShare > 0 && waitMs < SPUN_WHOLE_MS;
      const leadMs = isSpunWhole ? waitMs : Math.max(TURN_MS, Math.min(MAX_SPIN_MS, waitMs * spinShare));
      wanted = { atMs, leadMs, fire };
      look();
    },
    cancel,
    spunMs: () => spunMs,
    [Symbol.dispose]() {
      cancel();
      void thread.terminate();
    },
  };
}
