// Looks after what nobody looks after: entries whose broker has gone silent, sessions past their deadline.
import {
  type ClaimReply,
  DIRECT_ENTRY,
  type DispatchEntry,
  ORPHAN_ENTRY_MS,
  type Store,
} from '../store/store.ts';
import type { HandOuts } from './hand-outs.ts';
import { failedFinal } from './session-end.ts';

export interface ReaperOptions {
  readonly store: Store;
  readonly handOuts: HandOuts;
  readonly routes: readonly string[];
  readonly leaseMs: number;
  readonly onOver: (id: string, tenant: string, route: string) => void;
  /** Whether this broker has the session itself: its own renewals came late, as after a pause or while the store was away. */
  readonly isOurs: (id: string) => boolean;
  /** Whether a runtime of this broker could take a session of the route now. */
  readonly hasRoom: (route: string) => boolean;
  /** Claims the session for one of them, or ends it when it has lost its owner. */
  readonly place: (entry: DispatchEntry) => Promise<void>;
}

type Lost = Extract<ClaimReply, { code: 'lost' }>;

/** Entries and sessions looked at in one round. */
const LIMIT = 64;

export class Reaper {
  readonly #options: ReaperOptions;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  async round(): Promise<void> {
    const { store, routes, leaseMs, hasRoom, isOurs, place } = this.#options;
    for (const route of routes) {
      for (const entry of await store.reap(route, leaseMs, LIMIT)) {
        if (isOurs(entry.id)) continue;
        if (hasRoom(route)) await place(entry);
        else await this.#withoutRoom(entry);
      }
      await store.sweep(route);
    }
    for (const id of await store.overdue(LIMIT, leaseMs)) if (!isOurs(id)) await this.#overdue(id);
  }

  /** Only what has lost its owner is ended; what is queued waits for a broker that has room. */
  async #withoutRoom(entry: DispatchEntry): Promise<void> {
    const { store } = this.#options;
    if ((await store.find(entry.id))?.state === 'queued') await store.putBack(entry);
    else await this.#takeOver(entry);
  }

  async #takeOver(entry: DispatchEntry): Promise<void> {
    const { store, handOuts } = this.#options;
    await handOuts.claim(entry, { runtimeId: '', isTakeover: true }, async (claim) => {
      if (claim?.code === 'lost') await this.endLost(entry, claim);
      // It was queued again just now, and there is no room for it here.
      else if (claim?.code === 'ok') await handOuts.release(entry, claim.fence, 'its broker is gone');
      else if (claim?.code !== 'missing' || store.nowMs() - entry.atMs > ORPHAN_ENTRY_MS)
        await store.settle(entry);
    });
  }

  async endLost(entry: DispatchEntry, { fence, attempt, tenant }: Lost): Promise<void> {
    const { store, onOver } = this.#options;
    const { id, route } = entry;
    await store.finish({ id, fence, state: 'failed', final: failedFinal('RUNTIME_LOST', attempt) });
    await store.settle(entry);
    onOver(id, tenant, route);
  }

  /** A session past its deadline, or one that was handed out without an entry and whose owner is silent. */
  async #overdue(id: string): Promise<void> {
    const { store, onOver } = this.#options;
    const record = await store.find(id);
    if (record === undefined) return await store.dropDeadline(id);
    const { state, route, priority, tenant, deadlineMs, attempts, createdAtMs: atMs } = record;
    // In a queue it is found by its entry: `busy` is the answer, and its owner's timer ends it.
    if (state === 'running')
      return await this.#takeOver({ entryId: DIRECT_ENTRY, id, route, priority, atMs });
    if (state === 'queued' && deadlineMs > store.nowMs())
      return await store.putBack({ entryId: DIRECT_ENTRY, id, route, priority, atMs });
    if (state === 'queued') {
      const final = failedFinal('SESSION_TIMEOUT', attempts);
      await store.finish({ id, fence: '', state: 'failed', final });
    }
    await store.dropDeadline(id);
    onOver(id, tenant, route);
  }
}
