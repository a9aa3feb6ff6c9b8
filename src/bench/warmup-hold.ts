// Holds the first measured executions of a run back until its end tells which of them were warm-up.
import type { ColdStart } from '../report/run-report.ts';
import { HeldSamples } from './held-samples.ts';
import { ResponseWindows } from './response-windows.ts';
import type { Sample } from './sample.ts';
import { findWarmup, MAX_CUT_MS, type Warmup } from './warmup.ts';

/** Executions held at most: above 1,666/s the longest warm-up that can be cut is shorter than 30 s. */
const MAX_HELD = 50_000;
/** First executions that are kept one by one. */
const MAX_COLD = 50;

export interface WarmupResult extends Warmup {
  /** First execution on each host process and of each script, in the order in which they ended. */
  readonly cold: readonly ColdStart[];
}

/** The measured phase in which a warm-up is looked for. Times ms since the start of the run. */
export interface HeldPhase {
  readonly index: number;
  readonly fromMs: number;
  /** Infinity when a count ends it. */
  readonly durationMs: number;
}

export class WarmupHold {
  readonly #phase: HeldPhase | undefined;
  readonly #windows: ResponseWindows | undefined;
  readonly #cold: ColdStart[] = [];
  /** Ids of scripts and pids of hosts that have had their first. */
  readonly #seen = new Set<string | number>();
  readonly #held = new HeldSamples();
  /** Executions intended from here on cannot be cut. */
  #untilMs: number;

  /** @param phase - absent: no phase can be expected to be steady, only cold starts are noted */
  constructor(phase: HeldPhase | undefined) {
    this.#phase = phase;
    this.#windows = phase === undefined ? undefined : new ResponseWindows(phase.fromMs, phase.durationMs);
    const longestMs = Math.min(MAX_CUT_MS, (phase?.durationMs ?? 0) / 2);
    this.#untilMs = phase === undefined ? -Infinity : phase.fromMs + longestMs;
  }

  /** Notes the first success of each script and on each host, measured or not. */
  noteCold({ end, endMs, intendedMs, script, stats }: Sample): void {
    if (end.kind !== 'ok' && end.kind !== 'expected') return;
    const responseMs = endMs - intendedMs;
    if (!this.#seen.has(script)) this.#noteFirst('script', script, responseMs);
    const pid = stats?.hostPid;
    if (pid !== undefined && !this.#seen.has(pid)) this.#noteFirst('host', pid, responseMs);
  }

  #noteFirst(what: ColdStart['what'], name: string | number, responseMs: number): void {
    if (this.#seen.size >= MAX_COLD) return;
    this.#seen.add(name);
    this.#cold.push({ what, name: String(name), response_us: Math.round(responseMs * 1_000) });
  }

  /** True when the execution is held: it is counted when {@link release} gives it back. */
  take(sample: Sample): boolean {
    if (sample.phase !== this.#phase?.index) return false;
    if (sample.end.kind !== 'dropped') this.#windows?.add(sample.intendedMs, sample.endMs);
    if (sample.intendedMs >= this.#untilMs) return false;
    if (this.#held.count >= MAX_HELD) {
      // Later ones are counted at once, so nothing from here on can be cut.
      this.#untilMs = sample.intendedMs;
      return false;
    }
    this.#held.add(sample);
    return true;
  }

  /**
   * Hands back what is held, as warm-up or not; called once.
   *
   * @param issuedMs - end of the issue: the phase may have been longer than it lasted
   */
  release(issuedMs: number, take: (sample: Sample, isWarmup: boolean) => void): WarmupResult {
    const { cutMs, ...found } = this.#find(issuedMs);
    const fromMs = this.#phase?.fromMs ?? 0;
    const untilMs = Math.min(fromMs + cutMs, this.#untilMs);
    for (const sample of this.#held) take(sample, sample.intendedMs < untilMs);
    return { ...found, cutMs: Math.max(0, untilMs - fromMs), cold: this.#cold };
  }

  #find(issuedMs: number): Warmup {
    const phase = this.#phase;
    if (phase === undefined || this.#windows === undefined)
      return { cutMs: 0, trend: 'unknown', changeRatio: null };
    const endMs = Math.min(issuedMs, phase.fromMs + phase.durationMs);
    return findWarmup(this.#windows.medians(endMs), this.#windows.windowMs);
  }
}
