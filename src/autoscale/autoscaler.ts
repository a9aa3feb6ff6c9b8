// Keeps a pool of runtimes at the size that its load asks for. Of all brokers one decides at a time.
import type { Clock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import { type Decision, decide, type PoolPolicy, type PoolState } from './decide.ts';
import type { PoolDriver } from './driver.ts';

export interface AutoscalerOptions {
  readonly driver: PoolDriver;
  readonly policy: PoolPolicy;
  readonly clock: Clock;
  /** Between two checks, ms. Pressure brings one earlier, but never within {@link HURRY_MS} of the last. */
  readonly intervalMs: number;
  /** What is seen of the pool's runtimes over all brokers. @throws EnclaveError STORE_UNAVAILABLE */
  readonly observe: () => Promise<
    Pick<PoolState, 'slots' | 'busy' | 'queued' | 'waitMs' | 'slotsPerRuntime'>
  >;
  /** Whether this broker is the one that decides, for `ttlMs`; 0 gives that up. @throws EnclaveError STORE_UNAVAILABLE */
  readonly lead: (ttlMs: number) => Promise<boolean>;
  /** A change of size, a limit that was reached, a driver that failed: one line each, told once until it changes. */
  readonly onNotice?: (notice: PoolNotice) => void;
}

export interface PoolNotice {
  readonly kind: 'scaled' | 'limited' | 'failed';
  readonly message: string;
}

/** What is known of a pool, for `GET /runtimes`. */
export interface PoolStatus {
  readonly driver: PoolDriver['kind'];
  readonly isLeader: boolean;
  readonly size: number;
  readonly desired: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly reason: string;
  readonly limit?: 'maxSize' | 'budget';
  /** Why the driver could not do what was decided. */
  readonly failure?: string;
}

const HURRY_MS = 5_000;

export class Autoscaler implements AsyncDisposable {
  readonly #options: AutoscalerOptions;
  #decision: Decision | undefined;
  #failure: string | undefined;
  #size = 0;
  #isLeader = false;
  #changedAtMs: number;
  #checkedAtMs = -Infinity;
  #stopTimer: () => void = () => {};
  #checking: Promise<void> | undefined;
  #isClosed = false;
  #lastNotice = '';

  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#changedAtMs = options.clock.nowMs();
  }

  /** Checks at once, so that the smallest size is there soon, and then every interval. */
  start(): void {
    void this.check();
  }

  get status(): PoolStatus {
    const { driver, policy } = this.#options;
    const { reason = 'not looked at yet', size: desired = this.#size, limit } = this.#decision ?? {};
    return {
      driver: driver.kind,
      isLeader: this.#isLeader,
      size: this.#size,
      desired,
      minSize: policy.minSize,
      maxSize: policy.maxSize,
      reason: this.#isLeader ? reason : 'another broker decides',
      ...(limit === undefined ? {} : { limit }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** A session waits, or found no runtime: looks before the interval is over. */
  hurry(): void {
    const sinceMs = this.#options.clock.nowMs() - this.#checkedAtMs;
    if (!this.#isClosed && this.#checking === undefined && sinceMs >= HURRY_MS) void this.check();
  }

  /** One look and what follows from it. Never rejects: what failed is told, and tried again at the next. */
  check(): Promise<void> {
    this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = undefined;
      if (!this.#isClosed) this.#schedule();
    });
    return this.#checking;
  }

  /** Decides nothing more; what runs goes on. Another broker takes over when this one is disposed of, or a little later. */
  stop(): void {
    this.#isClosed = true;
    this.#stopTimer();
  }

  #schedule(): void {
    const { clock, intervalMs } = this.#options;
    this.#stopTimer();
    this.#stopTimer = clock.setTimer(intervalMs, () => void this.check());
  }

  async #checkOnce(): Promise<void> {
    const { clock, driver, intervalMs, lead } = this.#options;
    this.#checkedAtMs = clock.nowMs();
    try {
      // Outlives two checks: a leader that is gone is replaced after the third.
      const isLeader = await lead(2.5 * intervalMs);
      if (this.#isLeader && !isLeader) await driver.standDown();
      this.#isLeader = isLeader;
      if (isLeader) await this.#decideAndAct();
      this.#failure = undefined;
    } catch (thrown) {
      const { message } = toEnclaveError(thrown);
      this.#failure = message;
      this.#notice({ kind: 'failed', message });
    }
  }

  async #decideAndAct(): Promise<void> {
    const { clock, driver, policy, observe } = this.#options;
    const [size, seen] = await Promise.all([driver.size(), observe()]);
    this.#size = size;
    const lowChecks = this.#decision?.lowChecks ?? 0;
    const sinceChangeMs = clock.nowMs() - this.#changedAtMs;
    const decision = decide({ ...seen, size, lowChecks, sinceChangeMs }, policy);
    this.#decision = decision;
    if (decision.limit !== undefined) this.#notice({ kind: 'limited', message: decision.reason });
    if (decision.kind === 'stay' || this.#isClosed) return;
    await driver.scaleTo(decision.size);
    this.#changedAtMs = clock.nowMs();
    this.#size = decision.size;
    this.#notice({ kind: 'scaled', message: `${size} to ${decision.size} runtimes: ${decision.reason}` });
  }

  #notice(notice: PoolNotice): void {
    const text = `${notice.kind} ${notice.message}`;
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.#options.onNotice?.(notice);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#checking;
    await this.#options.driver[Symbol.asyncDispose]();
    if (this.#isLeader) await this.#options.lead(0).catch(() => {});
  }
}
