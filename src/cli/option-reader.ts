// Reads option texts into checked values and gathers every problem, so that a user learns of all of them at once.
import { invalidInput, type Problem } from '../errors.ts';
import { type Parsed, parseCount, parseDuration, parseRate, parseSize } from '../units.ts';

export interface Bounds {
  /** Smallest value allowed, inclusive. */
  readonly min?: number;
  /** Values must be above this one. */
  readonly above?: number;
  /** Largest value allowed, inclusive. */
  readonly max?: number;
  /** The bounds in words, in the unit that the user writes: `from 1ms to 1h`. */
  readonly words: string;
}

/** One reader per command line. Each method answers `undefined` for an absent or a bad option; `finish` then throws. */
export class OptionReader {
  readonly #problems: Problem[] = [];

  /** Milliseconds. */
  duration(flag: string, text: string | undefined, bounds: Bounds): number | undefined {
    return this.#read(flag, text, parseDuration, bounds);
  }

  /** Bytes. */
  size(flag: string, text: string | undefined, bounds: Bounds): number | undefined {
    return this.#read(flag, text, parseSize, bounds);
  }

  /** Any number; 5M, 1.2k and 1e6 are understood. */
  number(flag: string, text: string | undefined, bounds: Bounds): number | undefined {
    return this.#read(flag, text, parseCount, bounds);
  }

  /** A whole number. */
  integer(flag: string, text: string | undefined, bounds: Bounds): number | undefined {
    const value = this.#read(flag, text, parseCount, bounds);
    if (value === undefined || Number.isInteger(value)) return value;
    this.problem(flag, `expected a whole number ${bounds.words}, got ${JSON.stringify(text)}`);
    return undefined;
  }

  /** Events per second: `100/s`, or a bare number of events per second. */
  rate(flag: string, text: string | undefined, bounds: Bounds): number | undefined {
    return this.#read(
      flag,
      text,
      (given) => (given.includes('/') ? parseRate(given) : parseCount(given)),
      bounds,
    );
  }

  choice<T extends string>(flag: string, text: string | undefined, choices: readonly T[]): T | undefined {
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined)
      this.problem(flag, `expected one of ${choices.join(', ')}, got ${JSON.stringify(text)}`);
    return found;
  }

  /** JSON text to its value. */
  json(flag: string, text: string | undefined): unknown {
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.problem(flag, `expected JSON, got ${JSON.stringify(text.slice(0, 60))} (${reason})`);
      return undefined;
    }
  }

  /** Notes what is wrong with `path` in words: what was expected, what was found. */
  problem(path: string, message: string): void {
    this.#problems.push({ path, message });
  }

  /** @throws EnclaveError INVALID_INPUT with every problem noted so far. */
  finish(subject: string, hint?: string): void {
    if (this.#problems.length > 0) throw invalidInput(subject, this.#problems, hint);
  }

  #read(
    flag: string,
    text: string | undefined,
    parse: (text: string) => Parsed<number>,
    bounds: Bounds,
  ): number | undefined {
    if (text === undefined) return undefined;
    const parsed = parse(text);
    if (!parsed.ok) {
      this.problem(flag, parsed.message);
      return undefined;
    }
    const { value } = parsed;
    const inside =
      value >= (bounds.min ?? -Infinity) &&
      value > (bounds.above ?? -Infinity) &&
      value <= (bounds.max ?? Infinity);
    if (inside) return value;
    this.problem(flag, `expected a value ${bounds.words}, got ${JSON.stringify(text)}`);
    return undefined;
  }
}
