// Keeps the slowest executions of a run and says where their time went, with the stalls that fell into them.
import type { Stall, Tail, TailExecution } from '../report/run-report.ts';
import type { Sample } from './sample.ts';

const SHARE = 0.001;
const LEAST = 5;
const MOST = 200;

export class TailRecorder {
  /** Slowest first, at most `MOST`. */
  readonly #slowest: Sample[] = [];
  #n = 0;

  /** Takes a measured execution; a dropped one took no time and is not in the tail. */
  add(sample: Sample): void {
    if (sample.end.kind === 'dropped') return;
    this.#n += 1;
    const last = this.#slowest.at(-1);
    const isFull = this.#slowest.length === MOST;
    if (isFull && last !== undefined && responseMs(sample) <= responseMs(last)) return;
    this.#slowest.splice(this.#placeOf(sample), 0, sample);
    if (isFull) this.#slowest.pop();
  }

  /** Index of the first kept one that is faster; of equals the earlier stays ahead. */
  #placeOf(sample: Sample): number {
    let low = 0;
    let high = this.#slowest.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const other = this.#slowest[middle];
      if (other !== undefined && responseMs(other) >= responseMs(sample)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The slowest 0.1 %, at least 5 and at most 200, joined with what stalled this process. */
  tail(stalls: readonly Stall[] = [], stallsDropped = 0): Tail {
    const n = Math.min(MOST, Math.max(LEAST, Math.ceil(this.#n * SHARE)));
    return {
      slowest: this.#slowest.slice(0, n).map((sample) => attribute(sample, stalls)),
      stalls,
      stalls_dropped_n: stallsDropped,
    };
  }
}

function responseMs({ endMs, intendedMs }: Sample): number {
  return endMs - intendedMs;
}

/**
 * Splits a response time into parts that add up to it. CPU and tool time may run at once and come from another clock, so each part
 * is bounded by what the parts before it have left, in the order late, queue, transfer, CPU, tools; the rest of the host's time is
 * start and waiting for a core.
 */
export function attribute(sample: Sample, stalls: readonly Stall[]): TailExecution {
  const { end, intendedMs, startMs, endMs, stats } = sample;
  const serviceMs = Math.max(0, endMs - startMs);
  const queueMs = stats === undefined ? 0 : Math.min(serviceMs, stats.queueMs);
  const hostMs = stats === undefined ? 0 : Math.min(serviceMs - queueMs, stats.durationMs);
  const cpuMs = stats === undefined ? 0 : Math.min(hostMs, stats.cpuMs);
  const toolMs = stats === undefined ? 0 : Math.min(hostMs - cpuMs, stats.toolMs);
  const known = (ms: number): number | null => (stats === undefined ? null : micros(ms));
  const met = stalls.filter(
    ({ duration_us, from_s }) => from_s * 1_000 < endMs && from_s * 1_000 + duration_us / 1_000 > intendedMs,
  );
  return {
    index_n: sample.index,
    script: sample.script,
    end: end.kind === 'failed' ? end.code : end.kind,
    intended_s: intendedMs / 1_000,
    response_us: micros(endMs - intendedMs),
    late_us: micros(startMs - intendedMs),
    queue_us: known(queueMs),
    cpu_us: known(cpuMs),
    tool_us: known(toolMs),
    start_us: known(hostMs - cpuMs - toolMs),
    transfer_us: known(serviceMs - queueMs - hostMs),
    overlaps: (['gc', 'loop-block'] as const).filter((kind) => met.some((stall) => stall.kind === kind)),
  };
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000));
}
