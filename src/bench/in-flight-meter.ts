// How many executions are in flight, over time.

export class InFlightMeter {
  #changedMs = 0;
  #integralMs = 0;
  #max = 0;

  /** @param inFlight - the number in flight until now */
  until(nowMs: number, inFlight: number): void {
    this.#integralMs += inFlight * (nowMs - this.#changedMs);
    this.#changedMs = nowMs;
  }

  /** Notes a number that was reached. */
  reached(inFlight: number): void {
    this.#max = Math.max(this.#max, inFlight);
  }

  /** Integral of the number in flight over time, execution-milliseconds. */
  get integralMs(): number {
    return this.#integralMs;
  }

  get max(): number {
    return this.#max;
  }
}
