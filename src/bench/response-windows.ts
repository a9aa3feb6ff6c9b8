// Median response times over the windows of a phase, by intended start, in bounded memory.
import { drawUniform } from '../clock.ts';
import { BATCH } from './trend.ts';

/** Windows of a fifth of a second: five of them, one batch of MSER-5, are a second. */
const WINDOW_MS = 200;
const MAX_WINDOWS = 10_000;
/** Response times kept of one window; of more a random choice stands for all. */
const MAX_KEPT = 101;
const STREAM = 17;
const NOTHING_KEPT = new Uint32Array(0);

interface Window {
  n: number;
  /** The first `n` of it are filled. */
  readonly keptUs: Uint32Array;
}

export class ResponseWindows {
  readonly windowMs: number;
  readonly #fromMs: number;
  readonly #windows: Window[] = [];

  /** @param durationMs - length of the phase; Infinity when a count ends it */
  constructor(fromMs: number, durationMs: number) {
    this.#fromMs = fromMs;
    const windows = Number.isFinite(durationMs) ? durationMs / WINDOW_MS : 0;
    this.windowMs = WINDOW_MS * Math.max(1, Math.ceil(windows / MAX_WINDOWS));
  }

  add(intendedMs: number, endMs: number): void {
    const index = Math.floor((intendedMs - this.#fromMs) / this.windowMs);
    if (index < 0 || index >= MAX_WINDOWS) return;
    while (this.#windows.length <= index) this.#windows.push({ n: 0, keptUs: NOTHING_KEPT });
    let window = this.#windows[index];
    if (window === undefined) return;
    if (window.n === 0) {
      window = { n: 0, keptUs: new Uint32Array(MAX_KEPT) };
      this.#windows[index] = window;
    }
    const us = Math.max(0, Math.round((endMs - intendedMs) * 1_000));
    window.n += 1;
    // Algorithm R (Vitter 1985): every response time of the window is kept with the same probability.
    const place =
      window.n <= MAX_KEPT ? window.n - 1 : Math.floor(drawUniform(index, STREAM, window.n) * window.n);
    if (place < MAX_KEPT) window.keptUs[place] = us;
  }

  /** Medians in µs, windows that had not ended by `endMs` left out; NaN for an empty one. */
  medians(endMs: number): number[] {
    const whole = Math.floor((endMs - this.#fromMs) / this.windowMs + 1e-9);
    const count = Math.max(0, Math.min(MAX_WINDOWS, whole - (whole % BATCH)));
    return Array.from({ length: count }, (_, index) => {
      const { keptUs, n } = this.#windows[index] ?? { keptUs: NOTHING_KEPT, n: 0 };
      const kept = keptUs.slice(0, n).sort();
      return kept[Math.floor(kept.length / 2)] ?? NaN;
    });
  }
}
