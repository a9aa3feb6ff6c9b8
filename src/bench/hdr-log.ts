// A histogram log (.hlog): one interval histogram for each metric and step, as the tools of HdrHistogram read it.
import { LatencyRecorder } from './recorder.ts';

/** Longest log, in intervals; a longer run has longer ones. */
const MAX_INTERVALS = 2_000;
const INTERVALS_MS = [1_000, 10_000, 60_000];

/**
 * Successes by the instant at which they ended, values in µs, warm-up included: the log is the whole run, to be cut by its reader.
 * Format 1.3: comments, a legend, then `Tag=metric,start,length,max,base64`, start in s since the base time, max in ms.
 */
export class HdrLog {
  readonly #intervalMs: number;
  readonly #current = new Map<string, LatencyRecorder>();
  readonly #lines: string[] = [];
  #index = 0;

  /** @param durationMs - expected length of the run, Infinity when a count ends it */
  constructor(durationMs: number) {
    const expected = Number.isFinite(durationMs) ? durationMs : MAX_INTERVALS * 1_000;
    this.#intervalMs =
      INTERVALS_MS.find((ms) => expected / ms <= MAX_INTERVALS) ??
      Math.ceil(expected / MAX_INTERVALS / 1_000) * 1_000;
  }

  add(metric: string, endMs: number, us: number): void {
    this.#advanceTo(endMs);
    let histogram = this.#current.get(metric);
    if (histogram === undefined) {
      histogram = new LatencyRecorder();
      this.#current.set(metric, histogram);
    }
    histogram.record(us);
  }

  /** The whole file. @param startWallMs - when the run started, ms since the epoch */
  text(startWallMs: number, endMs: number): string {
    this.#advanceTo(endMs);
    this.#close();
    const seconds = (startWallMs / 1_000).toFixed(3);
    const date = new Date(startWallMs).toISOString();
    return [
      '#[Logged by enclave bench; values in microseconds, one tag a metric, warm-up included]',
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${seconds} (seconds since epoch), ${date}]`,
      `#[BaseTime: ${seconds} (seconds since epoch)]`,
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
      ...this.#lines,
      '',
    ].join('\n');
  }

  #advanceTo(nowMs: number): void {
    const index = Math.floor(nowMs / this.#intervalMs);
    if (index <= this.#index || this.#index >= MAX_INTERVALS - 1) return;
    this.#close();
    this.#index = Math.min(index, MAX_INTERVALS - 1);
  }

  #close(): void {
    const start = ((this.#index * this.#intervalMs) / 1_000).toFixed(3);
    const length = (this.#intervalMs / 1_000).toFixed(3);
    for (const [metric, histogram] of this.#current) {
      if (histogram.count === 0) continue;
      const max = ((histogram.maxUs ?? 0) / 1_000).toFixed(3);
      this.#lines.push(`Tag=${metric},${start},${length},${max},${histogram.encode()}`);
      histogram.reset();
    }
  }
}
