// What keeps the sessions of one process that need no memory any more, and, if it is a file, all of them.
import type { Clock } from '../clock.ts';
import type { KeyReservation } from './fleet-operations.ts';
import type { LiveSession } from './session-rules.ts';
import type { Retention, SessionQuery, StoreOptions } from './store.ts';

/** Where sessions go that need no memory any more, and from where those of an earlier life come back. */
export interface Archive extends AsyncDisposable {
  readonly kind: 'memory' | 'sqlite';
  /** Sessions that had not ended when the process did. */
  open(retention: Retention): Promise<Iterable<LiveSession>>;
  /** Resolves once the state, as it is now, is as safe as the archive can make it. */
  save(live: LiveSession): Promise<void>;
  /** Ended sessions as {@link SessionOperations.list} orders them, at most `query.limit`. */
  list(query: SessionQuery, nowMs: number): readonly LiveSession[];
  /** An ended session; without events when their time is over. */
  find(id: string, nowMs: number): LiveSession | undefined;
  reserveKey(
    key: string,
    reservation: KeyReservation,
    nowMs: number,
    ttlMs: number,
  ): KeyReservation | undefined;
  /** Higher at every start. */
  epoch(nowMs: number): number;
}

export interface LocalStoreOptions extends StoreOptions {
  readonly clock: Clock;
}
