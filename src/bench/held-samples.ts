// Samples kept in columns: a thousand objects a second that live long would stop the generator for milliseconds at each collection.
import type { ExecutionStats } from '../execution.ts';
import type { Sample, SampleEnd } from './sample.ts';

/** Numbers of a sample: index, phase, intended, start, end, connected, first, as closed. NaN where there is none. */
const COLUMNS = 8;
const FIRST_ROOM = 1_024;
const NONE: readonly number[] = [];

/** What few samples have: only targets that run scripts, and those are slower by far. */
interface Details {
  readonly stats: ExecutionStats | undefined;
  readonly gapsMs: readonly number[];
  readonly callsMs: readonly number[];
}

/** Measured samples in the order in which they were added. */
export class HeldSamples {
  #numbers = new Float64Array(FIRST_ROOM * COLUMNS);
  #count = 0;
  /** Each a string or an object that many samples share. */
  readonly #scripts: string[] = [];
  readonly #tenants: string[] = [];
  readonly #ends: SampleEnd[] = [];
  readonly #details = new Map<number, Details>();

  get count(): number {
    return this.#count;
  }

  add({
    end,
    endMs,
    index,
    intendedMs,
    isAsClosed,
    phase,
    script,
    seen,
    startMs,
    stats,
    tenant,
  }: Sample): void {
    const at = this.#count * COLUMNS;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = index;
    numbers[at + 1] = phase;
    numbers[at + 2] = intendedMs;
    numbers[at + 3] = startMs;
    numbers[at + 4] = endMs;
    numbers[at + 5] = seen?.connectedMs ?? NaN;
    numbers[at + 6] = seen?.firstMs ?? NaN;
    numbers[at + 7] = isAsClosed === true ? 1 : 0;
    this.#scripts.push(script);
    this.#tenants.push(tenant);
    this.#ends.push(end);
    const gapsMs = seen?.gapsMs ?? NONE;
    const callsMs = seen?.callsMs ?? NONE;
    if (stats !== undefined || gapsMs.length > 0 || callsMs.length > 0)
      this.#details.set(this.#count, { stats, gapsMs, callsMs });
    this.#count += 1;
  }

  #grow(): void {
    const grown = new Float64Array(this.#numbers.length * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }

  /** Gives each one back, made anew. */
  *[Symbol.iterator](): Generator<Sample> {
    for (let place = 0; place < this.#count; place++) {
      const [index = 0, phase = 0, intendedMs = NaN, startMs = NaN, endMs = NaN, connected, first, asClosed] =
        this.#numbers.subarray(place * COLUMNS, (place + 1) * COLUMNS);
      const { callsMs, gapsMs, stats } = this.#details.get(place) ?? NOTHING;
      const seen = { connectedMs: known(connected), firstMs: known(first), gapsMs, callsMs };
      yield {
        index,
        phase,
        measured: true,
        script: this.#scripts[place] ?? '',
        tenant: this.#tenants[place] ?? '',
        intendedMs,
        startMs,
        endMs,
        end: this.#ends[place] ?? ABANDONED,
        seen,
        stats,
        isAsClosed: asClosed === 1,
      };
    }
  }
}

const NOTHING: Details = { stats: undefined, gapsMs: NONE, callsMs: NONE };
const ABANDONED: SampleEnd = { kind: 'abandoned' };

function known(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}
