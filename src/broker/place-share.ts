// Places of the fleet that a broker holds in its own name, for sessions that nobody but itself knows of: under load one ends and the
// next takes its place, and the store is not asked. They are held under a lease, so those of a broker that died are soon free.
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';

export interface PlaceShareOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly scope: string;
  /** Places of the scope, all brokers together. */
  readonly limit: number;
  /** Begins the names of its places. */
  readonly brokerId: string;
}

const LEASE_MS = 15_000;
const LOOK_MS = 250;
const LOOKS_PER_RENEWAL = LEASE_MS / 3 / LOOK_MS;

export class PlaceShare {
  readonly #options: PlaceShareOptions;
  /** Names of places by session. */
  readonly #used = new Map<string, string>();
  readonly #free: string[] = [];
  /** The fewest that were free since the last look: so many are not needed. */
  #leastFree = 0;
  #places = 0;
  #looks = 0;
  #stopLooking: (() => void) | undefined;

  constructor(options: PlaceShareOptions) {
    this.#options = options;
  }

  /** A place that is free already. None while the store is away: what runs then could not be written. */
  takeKept(id: string): boolean {
    const name = this.#options.store.breakerState?.() === 'open' ? undefined : this.#free.pop();
    this.#leastFree = Math.min(this.#leastFree, this.#free.length);
    if (name !== undefined) this.#used.set(id, name);
    return name !== undefined;
  }

  /** @throws EnclaveError STORE_UNAVAILABLE */
  async take(id: string): Promise<boolean> {
    if (this.takeKept(id)) return true;
    const name = `${this.#options.brokerId}.${this.#places++}`;
    if (!(await this.#acquire(name))) return false;
    this.#used.set(id, name);
    this.#stopLooking ??= this.#look();
    return true;
  }

  /** False when the session's place is not of the share. */
  giveBack(id: string): boolean {
    const name = this.#used.get(id);
    if (name === undefined) return false;
    this.#used.delete(id);
    this.#free.push(name);
    return true;
  }

  async #acquire(name: string): Promise<boolean> {
    const { store, scope, limit } = this.#options;
    return await store.acquireSlot(scope, name, limit, store.nowMs() + LEASE_MS);
  }

  /** Never rejects: what fails here runs out by itself. */
  async #release(names: readonly string[]): Promise<void> {
    const { store, scope } = this.#options;
    await Promise.allSettled(names.map((name) => store.releaseSlot(scope, name)));
  }

  #look(): () => void {
    return this.#options.clock.setBackgroundTimer(LOOK_MS, () => {
      void this.#release(this.#free.splice(0, this.#leastFree));
      this.#leastFree = this.#free.length;
      const isEmpty = this.#free.length === 0 && this.#used.size === 0;
      if (!isEmpty && ++this.#looks % LOOKS_PER_RENEWAL === 0) void this.#renew().catch(() => {});
      this.#stopLooking = isEmpty ? undefined : this.#look();
    });
  }

  async #renew(): Promise<void> {
    const names = [...this.#free, ...this.#used.values()];
    const held = await Promise.all(names.map((name) => this.#acquire(name)));
    // The store was away for longer than the lease, and others have them.
    const lost = new Set(names.filter((_name, index) => held[index] === false));
    if (lost.size > 0) this.#free.splice(0, Infinity, ...this.#free.filter((name) => !lost.has(name)));
  }

  async close(): Promise<void> {
    this.#stopLooking?.();
    const names = [...this.#free.splice(0), ...this.#used.values()];
    this.#used.clear();
    await this.#release(names);
  }
}
