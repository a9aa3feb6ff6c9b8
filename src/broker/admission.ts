// Who gets in: the rate of a tenant, its sessions, those of the fleet, and the wait that a session would have.
// What is refused is refused early and cheaply; what is accepted keeps its latency.
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { FleetView } from './fleet-view.ts';
import { PlaceShare } from './place-share.ts';

/** How many sessions a tenant may submit. */
export interface RateLimit {
  /** Sessions per second in the long run, above 0. */
  readonly perSecond: number;
  /** Sessions at once after a pause. Default: `perSecond`, at least 1. */
  readonly burst?: number;
}

export interface AdmissionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  readonly view: FleetView;
  readonly maxConcurrentSessions: number;
  readonly maxSessionsPerTenant: number;
  readonly rateLimit?: RateLimit;
  readonly sessionTimeoutMs: number;
  /** Longest wait in the queue that is accepted, ms. */
  readonly maxQueueWaitMs: number;
}

/** The scope of places that counts every session of the fleet. */
const ALL = '*';
/** Places outlive their session's deadline by this much, should nobody give them back, ms. */
const SLOT_GRACE_MS = 60_000;
/** Of a fleet that is full one submit in so long looks again, besides those for places that are given back here, ms. */
const FULL_MS = 50;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

interface FullFleet {
  readonly untilMs: number;
  /** Places that this broker has given back since: as many may be asked for. */
  credits: number;
  /** One is asking already. */
  isLookedAt: boolean;
  /** One for all: an error with its stack costs more than the rest of a refusal. */
  refusal: EnclaveError;
}

function mayLook({ untilMs, credits, isLookedAt }: FullFleet, nowMs: number): boolean {
  return credits > 0 || (nowMs >= untilMs && !isLookedAt);
}

export class Admission {
  readonly #options: AdmissionOptions;
  /** Since the fleet was found full; absent while there are places, as far as is known. */
  #full: FullFleet | undefined;
  /** For sessions that are kept back here; absent where the store keeps none, or every place is somebody's. */
  readonly #share: PlaceShare | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const limit = options.maxConcurrentSessions;
    const hasShare = options.store.writeOut !== undefined && !this.#countsTenants;
    this.#share = hasShare ? new PlaceShare({ ...options, scope: ALL, limit }) : undefined;
  }

  get hasRate(): boolean {
    return this.#options.rateLimit !== undefined;
  }

  /** Takes one of the tenant's tokens. @throws EnclaveError RATE_LIMITED, STORE_UNAVAILABLE */
  async checkRate(tenant: string): Promise<void> {
    const { store, rateLimit } = this.#options;
    if (rateLimit === undefined) return;
    const { perSecond } = rateLimit;
    const burst = burstOf(rateLimit);
    const { isTaken, remaining, waitMs } = await store.takeToken(tenant, perSecond, burst);
    if (isTaken) return;
    throw new EnclaveError('RATE_LIMITED', `the tenant submits more than ${perSecond} sessions per second`, {
      retryAfterMs: bounded(waitMs),
      quota: { limit: burst, windowMs: (burst / perSecond) * 1_000, remaining, resetMs: waitMs },
    });
  }

  /** @throws EnclaveError OVERLOADED when the session would wait too long; STORE_UNAVAILABLE */
  async checkWait(route: string): Promise<void> {
    const waitMs = await this.#options.view.waitMs(route);
    const most = Math.min(this.#options.maxQueueWaitMs, this.#options.sessionTimeoutMs);
    if (waitMs === undefined || waitMs <= most) return;
    throw new EnclaveError(
      'OVERLOADED',
      `a session would wait about ${seconds(waitMs)}, more than ${seconds(most)}`,
      {
        retryAfterMs: bounded(waitMs - most),
      },
    );
  }

  /**
   * @param isAwaited the session may be kept back: it has a place of the broker's until it is {@link named}.
   * @returns nothing when it has its place already.
   * @throws EnclaveError OVERLOADED, RATE_LIMITED when there is no place; STORE_UNAVAILABLE
   */
  takePlaces(id: string, tenant: string, route: string, isAwaited = false): Promise<void> | undefined {
    const share = isAwaited ? this.#share : undefined;
    return share?.takeKept(id) === true ? undefined : this.#askForPlaces(id, tenant, route, share);
  }

  async #askForPlaces(id: string, tenant: string, route: string, share?: PlaceShare): Promise<void> {
    const { store, clock, maxSessionsPerTenant, maxConcurrentSessions } = this.#options;
    const full = this.#full;
    if (full !== undefined && !mayLook(full, clock.nowMs())) throw full.refusal;
    const isLook = full !== undefined && full.credits <= 0;
    if (isLook) full.isLookedAt = true;
    else if (full !== undefined) full.credits--;
    const untilMs = this.#untilMs;
    const [tenantHas, fleetHas] = await Promise.all([
      // A tenant that may have as many as the fleet needs no count of its own.
      !this.#countsTenants || store.acquireSlot(`t:${tenant}`, id, maxSessionsPerTenant, untilMs),
      share?.take(id) ?? store.acquireSlot(ALL, id, maxConcurrentSessions, untilMs),
    ]).finally(() => {
      if (isLook) full.isLookedAt = false;
    });
    // There was a place that this broker has not given back: there may be more.
    if (fleetHas && isLook) this.#full = undefined;
    if (tenantHas && fleetHas) return;
    this.#release(id, tenant);
    if (!tenantHas)
      throw new EnclaveError('RATE_LIMITED', `the tenant has ${maxSessionsPerTenant} sessions already`, {
        retryAfterMs: await this.#retryMs(route),
        quota: { limit: maxSessionsPerTenant, remaining: 0, resetMs: await this.#retryMs(route) },
      });
    const untilFullMs = clock.nowMs() + FULL_MS;
    const refusal = full?.refusal ?? this.#overloaded(MIN_RETRY_MS);
    const found = { untilMs: untilFullMs, credits: 0, isLookedAt: false, refusal };
    this.#full = found;
    found.refusal = this.#overloaded(await this.#retryMs(route));
    throw found.refusal;
  }

  /** The refusal of a submit of which nothing is known yet, should the fleet be full: it costs no question to the store. */
  get refusal(): EnclaveError | undefined {
    const full = this.#full;
    if (full === undefined || mayLook(full, this.#options.clock.nowMs())) return undefined;
    return full.refusal;
  }

  #overloaded(retryAfterMs: number): EnclaveError {
    const { maxConcurrentSessions } = this.#options;
    return new EnclaveError('OVERLOADED', `there are ${maxConcurrentSessions} sessions already`, {
      retryAfterMs,
    });
  }

  async #retryMs(route: string): Promise<number> {
    return bounded((await this.#options.view.waitMs(route)) ?? MIN_RETRY_MS);
  }

  get #countsTenants(): boolean {
    return this.#options.maxSessionsPerTenant < this.#options.maxConcurrentSessions;
  }

  /** The session is one that others may find, and end: from now on it has a place of its own. */
  named(id: string): void {
    if (this.#share?.giveBack(id) !== true) return;
    // It was counted until now, and is counted from now on.
    void this.#options.store.acquireSlot(ALL, id, Number.MAX_SAFE_INTEGER, this.#untilMs).catch(() => {});
  }

  get #untilMs(): number {
    return this.#options.store.nowMs() + this.#options.sessionTimeoutMs + SLOT_GRACE_MS;
  }

  /** The session is over, or never began. What fails here runs out by itself. */
  giveBack(id: string, tenant: string): void {
    if (this.#full !== undefined) this.#full.credits++;
    if (this.#share?.giveBack(id) !== true) this.#release(id, tenant);
  }

  /** Gives back the places that are the broker's own. */
  async close(): Promise<void> {
    await this.#share?.close();
  }

  #release(id: string, tenant: string): void {
    const { store } = this.#options;
    void Promise.all([
      this.#countsTenants ? store.releaseSlot(`t:${tenant}`, id) : undefined,
      store.releaseSlot(ALL, id),
    ]).catch(() => {});
  }
}

export function burstOf({ perSecond, burst }: RateLimit): number {
  return burst ?? Math.max(1, Math.ceil(perSecond));
}

function bounded(ms: number): number {
  return Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, Math.ceil(ms)));
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`;
}
