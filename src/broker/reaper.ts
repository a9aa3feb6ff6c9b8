// Looks after what nobody looks after: entries whose broker has gone silent, sessions past their deadline.
import { type ClaimReply, type DispatchEntry, ORPHAN_ENTRY_MS, type Store } from '../store/store.ts';
import { failedFinal } from './session-end.ts';

export interface ReaperOptions {
  readonly store: Store;
  readonly brokerId: string;
  readonly routes: readonly string[];
  readonly leaseMs: number;
  readonly onOver: (id: string, tenant: string) => void;
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
    const { store, routes, leaseMs, hasRoom, place } = this.#options;
    for (const route of routes) {
      for (const entry of await store.reap(route, leaseMs, LIMIT)) {
        if (hasRoom(route)) await place(entry);
        else await this.#withoutRoom(entry);
      }
    }
    await this.#endOverdue();
  }

  /** Only what has lost its owner is ended; what is queued waits for a broker that has room. */
  async #withoutRoom(entry: DispatchEntry): Promise<void> {
    const { store, brokerId } = this.#options;
    const { id, entryId } = entry;
    if ((await store.find(id))?.state === 'queued') return;
    const claim = await store.claim({ id, entryId, runtimeId: '', brokerId, isTakeover: true });
    if (claim.code === 'lost') await this.endLost(entry, claim);
    else if (claim.code !== 'missing' || store.nowMs() - entry.atMs > ORPHAN_ENTRY_MS)
      await store.settle(entry);
  }

  async endLost(entry: DispatchEntry, { fence, attempt, tenant }: Lost): Promise<void> {
    const { store, onOver } = this.#options;
    const { id } = entry;
    await store.finish({ id, fence, state: 'failed', final: failedFinal('RUNTIME_LOST', attempt) });
    await store.settle(entry);
    onOver(id, tenant);
  }

  /** Queued sessions past their deadline end here; running ones by their owner's timer, or when their entry is reaped. */
  async #endOverdue(): Promise<void> {
    const { store, onOver } = this.#options;
    for (const id of await store.overdue(LIMIT)) {
      const record = await store.find(id);
      if (record?.state === 'running') continue;
      if (record?.state === 'queued') {
        const final = failedFinal('SESSION_TIMEOUT', record.attempts);
        await store.finish({ id, fence: '', state: 'failed', final });
      }
      await store.dropDeadline(id);
      if (record !== undefined) onOver(id, record.tenant);
    }
  }
}
