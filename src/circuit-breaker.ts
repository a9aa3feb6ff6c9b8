// Stops asking what keeps failing: after some failures in a row it is left alone for a while, then tried with one request.
import type { Clock } from './clock.ts';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open it, from 1. */
  readonly failures: number;
  /** How long it stays open, ms. */
  readonly openMs: number;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failures = 0;
  #openUntilMs: number | undefined;
  #isProbing = false;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get state(): CircuitState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#options.clock.nowMs() < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** Until the next try is let through, ms; 0 when one is. */
  get waitMs(): number {
    return Math.max(0, (this.#openUntilMs ?? 0) - this.#options.clock.nowMs());
  }

  /**
   * Whether a request may go out. Whoever is let through reports how it went: when half open there is one at a time.
   */
  tryEnter(): boolean {
    const { state } = this;
    if (state === 'closed') return true;
    if (state === 'open' || this.#isProbing) return false;
    this.#isProbing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntilMs = undefined;
    this.#isProbing = false;
  }

  failed(): void {
    const { clock, failures, openMs } = this.#options;
    this.#failures++;
    this.#isProbing = false;
    if (this.#failures >= failures) this.#openUntilMs = clock.nowMs() + openMs;
  }

  /** The request ended without telling anything about what was asked. */
  undecided(): void {
    this.#isProbing = false;
  }
}
