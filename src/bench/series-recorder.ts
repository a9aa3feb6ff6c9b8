// The run over time: what arrived, ended, failed and was in flight in each step, and how long it took. Bounded memory.
import type { SeriesPoint } from '../report/run-report.ts';
import { LatencyRecorder } from './recorder.ts';
import type { Sample } from './sample.ts';

/** Longest series that is kept; a longer run is shown in longer steps. */
const MAX_SERIES = 2_000;

export class SeriesRecorder {
  readonly stepMs: number;
  readonly #points: SeriesPoint[] = [];
  readonly #interval: Interval = newInterval();
  #openN = 0;

  /** @param durationMs - expected length of the issue, ms; sets the step (1 s, or longer for long runs) */
  constructor(durationMs: number) {
    const seconds = Number.isFinite(durationMs) ? durationMs / 1_000 : 0;
    this.stepMs = 1_000 * Math.max(1, Math.ceil(seconds / MAX_SERIES));
  }

  /** Notes an arrival, whether it finds a slot or is dropped. */
  arrive(nowMs: number): void {
    this.advanceTo(nowMs);
    this.#interval.arrive();
    this.#openN += 1;
  }

  /** Takes an execution that has ended. */
  add(sample: Sample): void {
    this.advanceTo(sample.endMs);
    this.#interval.add(sample);
    this.#openN -= 1;
  }

  /** Closes every step that ended before `nowMs`. */
  advanceTo(nowMs: number): void {
    while (nowMs >= (this.#points.length + 1) * this.stepMs && this.#points.length < MAX_SERIES) {
      const endS = ((this.#points.length + 1) * this.stepMs) / 1_000;
      this.#points.push(this.#interval.close(endS, this.#openN));
    }
  }

  get inFlightN(): number {
    return this.#openN;
  }

  /** The last whole step. */
  get last(): SeriesPoint | undefined {
    return this.#points.at(-1);
  }

  /** Every step, the last one closed at `endMs`. */
  points(endMs: number): SeriesPoint[] {
    this.advanceTo(endMs);
    return this.#interval.isEmpty()
      ? this.#points
      : [...this.#points, this.#interval.close(endMs / 1_000, this.#openN)];
  }
}

interface Interval {
  arrive(): void;
  add(sample: Sample): void;
  close(endS: number, inFlightN: number): SeriesPoint;
  isEmpty(): boolean;
}

/** One step of the series, by the instant at which executions ended. */
function newInterval(): Interval {
  const histogram = new LatencyRecorder();
  let counts = { asked: 0, done: 0, failed: 0, dropped: 0 };
  const given = (quantile: number, failed: number): number | null => {
    const found = histogram.quantile(quantile, failed);
    return found.kind === 'value' ? found.us : null;
  };
  return {
    arrive() {
      counts.asked += 1;
    },
    add({ end, endMs, intendedMs }) {
      if (end.kind === 'dropped') counts.dropped += 1;
      else if (end.kind === 'failed' || end.kind === 'abandoned') counts.failed += 1;
      else histogram.record(Math.max(0, endMs - intendedMs) * 1_000);
      if (end.kind !== 'dropped' && end.kind !== 'abandoned') counts.done += 1;
    },
    close(endS, inFlightN) {
      const { asked, done, failed, dropped } = counts;
      const point: SeriesPoint = {
        t_s: endS,
        asked_n: asked,
        done_n: done,
        failed_n: failed,
        dropped_n: dropped,
        in_flight_n: inFlightN,
        p50_us: given(0.5, failed + dropped),
        p90_us: given(0.9, failed + dropped),
        p99_us: given(0.99, failed + dropped),
        max_us: histogram.maxUs,
      };
      histogram.reset();
      counts = { asked: 0, done: 0, failed: 0, dropped: 0 };
      return point;
    },
    isEmpty: () => counts.asked + counts.done + counts.failed === 0,
  };
}
