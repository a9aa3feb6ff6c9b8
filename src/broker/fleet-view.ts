// What this broker knows of the fleet: asked of the store, and believed for a moment. How long a new session would wait.
import type { Clock } from '../clock.ts';
import type { BrokerInfo } from '../store/fleet-operations.ts';
import type { Store } from '../store/store.ts';
import { RateMeter } from './rate-meter.ts';
import { satisfies } from './routing.ts';

export interface FleetViewOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
}

/** What was there so long ago is believed to be there still, ms. */
const FLEET_TTL_MS = 1_000;
const DEPTH_TTL_MS = 100;
/** Rates below this are no rates: they would estimate waits of hours from one session a minute. */
const LEAST_PER_SECOND = 0.01;

interface Known<T> {
  readonly atMs: number;
  readonly value: Promise<T>;
}

export class FleetView {
  readonly #options: FleetViewOptions;
  readonly #meters = new Map<string, RateMeter>();
  readonly #depths = new Map<string, Known<number>>();
  #brokers: Known<readonly BrokerInfo[]> | undefined;

  constructor(options: FleetViewOptions) {
    this.#options = options;
  }

  /** A session of the route has ended on a runtime of this broker. */
  ended(route: string): void {
    const nowMs = this.#options.clock.nowMs();
    const meter = this.#meters.get(route) ?? new RateMeter(nowMs);
    this.#meters.set(route, meter);
    meter.add(nowMs);
  }

  /** Sessions that end here, by route, per second: for the other brokers. */
  get rates(): Record<string, number> {
    const nowMs = this.#options.clock.nowMs();
    const rates = this.#meters.entries().map(([route, meter]) => [route, meter.perSecond(nowMs)] as const);
    return Object.fromEntries(rates.filter(([, rate]) => rate >= LEAST_PER_SECOND));
  }

  /** Whether a runtime of the fleet takes new sessions of the route. @throws EnclaveError STORE_UNAVAILABLE */
  async serves(route: string): Promise<boolean> {
    if (has(await this.brokers(FLEET_TTL_MS), route)) return true;
    // A refusal is worth a look at what is there now.
    return has(await this.brokers(0), route);
  }

  /** @throws EnclaveError STORE_UNAVAILABLE */
  brokers(maxAgeMs: number): Promise<readonly BrokerInfo[]> {
    const nowMs = this.#options.clock.nowMs();
    if (this.#brokers === undefined || nowMs - this.#brokers.atMs >= maxAgeMs)
      this.#brokers = remember(nowMs, this.#options.store.fleet(), () => {
        this.#brokers = undefined;
      });
    return this.#brokers.value;
  }

  /**
   * What a session queued now would wait before it starts, ms: entries before it ÷ sessions that end per second, both of
   * the whole fleet (Little's law for the queue). `undefined` while nothing has ended lately: then nothing is known.
   * @throws EnclaveError STORE_UNAVAILABLE
   */
  async waitMs(route: string): Promise<number | undefined> {
    const depth = await this.#depth(route);
    if (depth === 0) return 0;
    const others = (await this.brokers(FLEET_TTL_MS)).filter(
      ({ brokerId }) => brokerId !== this.#options.brokerId,
    );
    const own = this.rates[route] ?? 0;
    const rate = others.reduce((sum, { rates }) => sum + (rates?.[route] ?? 0), own);
    return rate < LEAST_PER_SECOND ? undefined : (depth / rate) * 1_000;
  }

  #depth(route: string): Promise<number> {
    const nowMs = this.#options.clock.nowMs();
    const known = this.#depths.get(route);
    if (known !== undefined && nowMs - known.atMs < DEPTH_TTL_MS) return known.value;
    const fresh = remember(nowMs, this.#options.store.depth(route), () => this.#depths.delete(route));
    this.#depths.set(route, fresh);
    return fresh.value;
  }
}

/** What could not be read is asked again by whoever comes next. */
function remember<T>(atMs: number, value: Promise<T>, forget: () => void): Known<T> {
  value.catch(forget);
  return { atMs, value };
}

function has(brokers: readonly BrokerInfo[], route: string): boolean {
  return brokers.some(({ runtimes }) =>
    runtimes.some(({ labels, slots }) => slots > 0 && satisfies(labels, route)),
  );
}
