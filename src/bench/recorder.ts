// The only place that knows hdr-histogram-js: latencies in whole microseconds, three significant digits, bounded memory.
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import type { LatencySummary, PercentileField } from '../report/run-report.ts';

/** Longest latency that can be told apart, µs: 600 s. Longer ones are recorded as this. */
export const HIGHEST_US = 600_000_000;
const DIGITS = 3;

/** The percentiles that are reported, as quantiles. */
export const PERCENTILES: readonly { readonly field: PercentileField; readonly quantile: number }[] = [
  { field: 'p50_us', quantile: 0.5 },
  { field: 'p75_us', quantile: 0.75 },
  { field: 'p90_us', quantile: 0.9 },
  { field: 'p95_us', quantile: 0.95 },
  { field: 'p99_us', quantile: 0.99 },
  { field: 'p99_9_us', quantile: 0.999 },
];

/** Samples beyond a percentile below which it is not given. */
const SUPPORT = 10;

/** A percentile, or why there is none. */
export type Quantile =
  | { readonly kind: 'value'; readonly us: number }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'censored' };

/**
 * Values below this are told apart one by one; above it, each doubling of the value doubles the width of a class. The least power
 * of two that gives three digits, as HdrHistogram has it.
 */
const EXACT_BELOW = 2_048;
const HALF_BITS = 10;

/** The class of a whole value up to {@link HIGHEST_US}: HdrHistogram's own rule, so that classes and values agree with it. */
function classOf(value: number): number {
  if (value < EXACT_BELOW) return value;
  const shift = 31 - Math.clz32(value) - HALF_BITS;
  return (shift << HALF_BITS) + (value >> shift);
}

/** The least value of a class. */
function leastOfClass(index: number): number {
  if (index < EXACT_BELOW) return index;
  const shift = (index >> HALF_BITS) - 1;
  return (index - (shift << HALF_BITS)) << shift;
}

const CLASSES = classOf(HIGHEST_US) + 1;

/**
 * A distribution of latencies in constant memory (about 180 KB), exact count, mean, least and greatest value.
 *
 * Recording counts in a flat array, which costs a few nanoseconds; the library's histogram gets the counts when it is read.
 */
export class LatencyRecorder {
  readonly #histogram: Histogram = newHistogram();
  readonly #pending: Uint32Array = new Uint32Array(CLASSES);
  #count = 0;
  #isPending = false;
  #sumUs = 0;
  #minUs = Infinity;
  #maxUs = 0;

  /** @param us - latency in µs, any number from 0; rounded to the nearest µs, since the histogram itself would cut. */
  record(us: number): void {
    // Not a number and below 0 can only come from a fault of ours; the histogram would take NaN without a word.
    if (!(us >= 0)) throw new RangeError(`a latency is a number from 0, got ${us}`);
    const value = Math.min(HIGHEST_US, Math.round(us));
    const index = classOf(value);
    this.#pending[index] = (this.#pending[index] ?? 0) + 1;
    this.#isPending = true;
    this.#count += 1;
    this.#sumUs += value;
    if (value < this.#minUs) this.#minUs = value;
    if (value > this.#maxUs) this.#maxUs = value;
  }

  /** The library's histogram with all that was recorded. */
  #read(): Histogram {
    if (!this.#isPending) return this.#histogram;
    for (let index = 0; index < CLASSES; index++) {
      const count = this.#pending[index] ?? 0;
      if (count > 0) this.#histogram.recordValueWithCount(leastOfClass(index), count);
    }
    this.#pending.fill(0);
    this.#isPending = false;
    return this.#histogram;
  }

  get count(): number {
    return this.#count;
  }

  get meanUs(): number | null {
    return this.count === 0 ? null : this.#sumUs / this.count;
  }

  get minUs(): number | null {
    return this.count === 0 ? null : this.#minUs;
  }

  get maxUs(): number | null {
    return this.count === 0 ? null : this.#maxUs;
  }

  /**
   * The least value with at least `quantile` of all samples at or below it, within 0.1 %.
   *
   * `censored` samples rank above every recorded one: they took longer than was waited for. With n samples in all, those
   * included, a quantile q is given only if n (1 - q) >= 10 (p99 needs 1,000).
   */
  quantile(quantile: number, censored = 0): Quantile {
    const n = this.count + censored;
    // The slack is for 1 - q in binary fractions: 1,000 × (1 - 0.99) is 10.000000000000009, 10,000 × (1 - 0.999) is 10.000000000000009.
    if (n * (1 - quantile) < SUPPORT - 1e-6) return { kind: 'unsupported' };
    const rank = Math.ceil(n * quantile - 1e-6);
    if (rank > this.count) return { kind: 'censored' };
    return { kind: 'value', us: this.valueAtRank(rank) };
  }

  /** The value of the `rank`-th smallest sample, from 1, within 0.1 %. */
  valueAtRank(rank: number): number {
    // Half a rank back keeps the library's own rounding on the rank that is meant.
    const value = this.#read().getValueAtPercentile(((rank - 0.5) / this.count) * 100);
    return Math.min(value, this.#maxUs);
  }

  /** Number of samples in each [edge, next edge) of `edgesUs`, ascending; the last interval is open. */
  countsBetween(edgesUs: readonly number[]): number[] {
    const below = edgesUs.map((edge) => this.#countBelow(edge));
    return below.map((count, index) => (below[index + 1] ?? this.count) - count);
  }

  #countBelow(us: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.valueAtRank(middle) < us) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Adds all samples of `other`; exact. */
  add(other: LatencyRecorder): void {
    if (other.count === 0) return;
    this.#histogram.add(other.#read());
    this.#count += other.#count;
    this.#sumUs += other.#sumUs;
    this.#minUs = Math.min(this.#minUs, other.#minUs);
    this.#maxUs = Math.max(this.#maxUs, other.#maxUs);
  }

  reset(): void {
    this.#histogram.reset();
    this.#pending.fill(0);
    this.#isPending = false;
    this.#count = 0;
    this.#sumUs = 0;
    this.#minUs = Infinity;
    this.#maxUs = 0;
  }

  /** HdrHistogram V2, compressed, base64. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#read());
  }

  /** The `.hgrm` text that other HdrHistogram tools plot, values in ms. */
  percentileDistribution(): string {
    return this.#read().outputPercentileDistribution(5, 1_000);
  }

  /** The distribution as one entry of a run report. */
  summary(metric: LatencySummary['metric'], scope: string, censored = 0): LatencySummary {
    const given: Partial<Record<PercentileField, number | null>> = {};
    const notGiven: Partial<Record<PercentileField, 'unsupported' | 'censored'>> = {};
    for (const { field, quantile } of PERCENTILES) {
      const found = this.quantile(quantile, censored);
      given[field] = found.kind === 'value' ? found.us : null;
      if (found.kind !== 'value') notGiven[field] = found.kind;
    }
    return {
      metric,
      scope,
      n: this.count,
      censored_n: censored,
      mean_us: this.meanUs,
      min_us: this.minUs,
      p50_us: given.p50_us ?? null,
      p75_us: given.p75_us ?? null,
      p90_us: given.p90_us ?? null,
      p95_us: given.p95_us ?? null,
      p99_us: given.p99_us ?? null,
      p99_9_us: given.p99_9_us ?? null,
      max_us: this.maxUs,
      not_given: notGiven,
      hdr_v2: this.encode(),
    };
  }
}

/** Reads back what {@link LatencyRecorder.encode} wrote. Values between two ranks are told apart within 0.1 %. */
export function countsOfEncoded(hdrV2: string, edgesUs: readonly number[]): number[] {
  const histogram = decodeFromCompressedBase64(hdrV2);
  const total = histogram.totalCount;
  const countBelow = (us: number): number => {
    let low = 0;
    let high = total;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (histogram.getValueAtPercentile(((middle - 0.5) / total) * 100) < us) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const below = edgesUs.map(countBelow);
  return below.map((count, index) => (below[index + 1] ?? total) - count);
}

function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: DIGITS,
    useWebAssembly: false,
  });
}
