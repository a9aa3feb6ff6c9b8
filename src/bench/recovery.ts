// Has the target come back to rest? A trial that begins while the one before is still felt would be judged for both.
import type { Clock } from '../clock.ts';
import type { Workload } from '../scenario/workload.ts';
import { runEngine } from './engine.ts';
import type { LoadTarget } from './load-target.ts';
import { timerWaker } from './waker.ts';

export interface RecoveryOptions {
  readonly executor: LoadTarget;
  readonly workload: Workload;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** An execution that is not answered by then is slow. */
  readonly timeoutMs: number;
}

/** Executions of one look, one after the other: their median is compared. */
const LOOK_N = 5;
/** As fast as at rest: at most twice the median of then, or this much more, ms. */
const SLOWER_RATIO = 2;
const SLACK_MS = 5;
/** Longest wait, ms. */
const MAX_WAIT_MS = 15_000;
const PAUSE_MS = 250;

export class RecoveryWatch {
  readonly #options: RecoveryOptions;
  #restMs = Infinity;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Learns how fast the target answers at rest; called before any load. */
  async learn(): Promise<void> {
    // The first look meets what is cold.
    await this.#look();
    this.#restMs = await this.#look();
  }

  /** Waits until single executions are as fast as at rest. @returns ms it took; null when they were not within 15 s */
  async wait(): Promise<number | null> {
    const { clock, signal } = this.#options;
    const limitMs = Math.max(this.#restMs * SLOWER_RATIO, this.#restMs + SLACK_MS);
    const startMs = clock.nowMs();
    while (!signal.aborted) {
      const lookedMs = clock.nowMs();
      if ((await this.#look()) <= limitMs) return lookedMs - startMs;
      if (clock.nowMs() - startMs >= MAX_WAIT_MS) return null;
      await new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve));
    }
    return null;
  }

  /** Median time of a few executions, ms; Infinity when most fail. */
  async #look(): Promise<number> {
    const { clock, executor, signal, timeoutMs, workload } = this.#options;
    const times: number[] = [];
    const phase = { name: 'look', fromPerSecond: 1, toPerSecond: 1, durationMs: MAX_WAIT_MS, measured: true };
    const plan = { model: 'closed', arrivals: 'constant', concurrency: 1, maxInFlight: 1 } as const;
    await runEngine({
      executor,
      workload,
      clock,
      signal,
      waker: timerWaker(clock),
      plan: {
        ...plan,
        timeoutMs,
        drainMs: timeoutMs,
        seed: 0,
        phases: [phase],
        compress: 1,
        shorten: 1,
        count: LOOK_N,
      },
      onSample({ end, endMs, startMs }) {
        const isGood = end.kind === 'ok' || end.kind === 'expected';
        times.push(isGood ? endMs - startMs : Infinity);
      },
    });
    return times.sort((a, b) => a - b)[times.length >> 1] ?? Infinity;
  }
}
