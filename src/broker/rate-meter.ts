// How often something happens lately: an exponentially weighted rate, without a timer and without a list of instants.

/** Weight of what happened so long ago has fallen to 1/e, ms. */
const TAU_MS = 5_000;

/**
 * With weights e^(−age/τ), the rate is Σ e^(−age/τ) / (τ · (1 − e^(−T/τ))), T being the time since the meter was made:
 * the divisor corrects for the past that a young meter has not seen (as bias correction does for any EWMA).
 */
export class RateMeter {
  readonly #startMs: number;
  #sum = 0;
  #atMs: number;

  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#atMs = nowMs;
  }

  add(nowMs: number): void {
    this.#sum = this.#decayed(nowMs) + 1;
    this.#atMs = nowMs;
  }

  /** Per second; 0 before anything has happened. */
  perSecond(nowMs: number): number {
    const seen = 1 - Math.exp(-(nowMs - this.#startMs) / TAU_MS);
    return seen <= 0 ? 0 : (this.#decayed(nowMs) / (TAU_MS * seen)) * 1_000;
  }

  #decayed(nowMs: number): number {
    return this.#sum * Math.exp(-(nowMs - this.#atMs) / TAU_MS);
  }
}
