// Which executions of an open run a closed loop would have sent as well: it waits for answers, and so asks less when they are slow.

/** Time after which the mean number in flight is taken as the number of its users, ms. */
const LEARN_MS = 1_000;

export class ClosedLoopView {
  #users: number | null = null;
  #busy = 0;

  /** Users of the loop: the mean number in flight of the first second, at least 1; null before its end. */
  get users(): number | null {
    return this.#users;
  }

  /** @param meanInFlight - so far @returns whether a user of the loop is free to send this execution */
  start(nowMs: number, meanInFlight: number): boolean {
    if (this.#users === null) {
      if (nowMs < LEARN_MS) return false;
      this.#users = Math.max(1, Math.round(meanInFlight));
    }
    if (this.#busy >= this.#users) return false;
    this.#busy += 1;
    return true;
  }

  /** One of those has ended. */
  end(): void {
    this.#busy -= 1;
  }
}
