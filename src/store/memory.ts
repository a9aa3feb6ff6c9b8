// Sessions in memory only: nothing to install, nothing left after the process.
import { isTerminal } from '../protocol/events.ts';
import type { Archive, LocalStoreOptions } from './archive.ts';
import type { KeyReservation } from './fleet-operations.ts';
import { createLocalStore } from './local-store.ts';
import { listed } from './session-order.ts';
import type { LiveSession } from './session-rules.ts';
import type { Retention, SessionQuery, Store } from './store.ts';

export function createMemoryStore(options: LocalStoreOptions): Store {
  return createLocalStore(new MemoryArchive(options), options);
}

class MemoryArchive implements Archive {
  readonly kind = 'memory';
  readonly #clock: LocalStoreOptions['clock'];
  /** In the order in which they ended: the oldest first. */
  readonly #ended = new Map<string, { readonly live: LiveSession; readonly atMs: number }>();
  readonly #keys = new Map<string, { readonly reservation: KeyReservation; readonly untilMs: number }>();
  #retention: Retention = { eventsMs: 0, resultMs: 0 };

  constructor({ clock }: LocalStoreOptions) {
    this.#clock = clock;
  }

  async open(retention: Retention): Promise<Iterable<LiveSession>> {
    this.#retention = retention;
    return [];
  }

  async save(live: LiveSession): Promise<void> {
    if (!isTerminal(live.state)) return;
    const atMs = this.#clock.wallMs();
    this.#ended.set(live.id, { live, atMs });
    for (const [id, old] of this.#ended) {
      if (atMs - old.atMs <= this.#retention.resultMs) break;
      this.#ended.delete(id);
    }
  }

  list(query: SessionQuery, nowMs: number): readonly LiveSession[] {
    const kept = this.#ended.values().filter(({ atMs }) => nowMs - atMs <= this.#retention.resultMs);
    return listed(
      kept.map(({ live }) => live),
      query,
    );
  }

  find(id: string, nowMs: number): LiveSession | undefined {
    const found = this.#ended.get(id);
    if (found === undefined) return undefined;
    const ageMs = nowMs - found.atMs;
    if (ageMs > this.#retention.resultMs) {
      this.#ended.delete(id);
      return undefined;
    }
    if (ageMs > this.#retention.eventsMs) {
      found.live.events.length = 0;
      found.live.tools.clear();
    }
    return found.live;
  }

  reserveKey(
    key: string,
    reservation: KeyReservation,
    nowMs: number,
    ttlMs: number,
  ): KeyReservation | undefined {
    // Reservations of equal life end in the order they were made.
    for (const [old, { untilMs }] of this.#keys) {
      if (untilMs > nowMs) break;
      this.#keys.delete(old);
    }
    const known = this.#keys.get(key);
    if (known !== undefined) return known.reservation;
    this.#keys.set(key, { reservation, untilMs: nowMs + ttlMs });
    return undefined;
  }

  epoch(nowMs: number): number {
    return Math.floor(nowMs / 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
