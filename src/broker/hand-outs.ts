// What stands between the store and a runtime: claims, and releases of what was claimed and not begun. One whose answer was
// cut off may have been written all the same. It is asked again, under its own id, until the store has answered: then it is
// known who has the session, and nothing that never ran ends as lost.
import { randomBytes } from 'node:crypto';
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import {
  type ClaimReply,
  type ClaimRequest,
  DIRECT_ENTRY,
  type DispatchEntry,
  type Store,
} from '../store/store.ts';

export interface HandOutsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly brokerId: string;
  /** Whether a session runs here. */
  readonly isHeld: (id: string) => boolean;
}

/** Between two tries while the store is away, ms. */
const RETRY_MS = 250;
/** A creation that was not answered is looked at after this, so often, ms. */
const UNDO_MS = 1_000;
const UNDO_TRIES = 10;

export class HandOuts {
  readonly #options: HandOutsOptions;
  /** Entries of which is not known whether they are handed out; by id of the session. */
  readonly #open = new BriefMap<string, DispatchEntry>();
  readonly #timers = new Set<() => void>();
  /** Random, so that no other broker makes the same ids. */
  readonly #prefix = randomBytes(6).toString('base64url');
  #claims = 0;

  constructor(options: HandOutsOptions) {
    this.#options = options;
  }

  /** To be renewed like those that run: nobody else may take them over. */
  entries(): DispatchEntry[] {
    return [...this.#open.values()];
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  nextClaimId(): string {
    return `${this.#prefix}${(this.#claims++).toString(36)}`;
  }

  /**
   * Claims a session. Resolves when the answer has been used, or when there was none: then it goes on beside.
   * @param use gets nothing when the claim was given up, for a reason that does not pass.
   */
  async claim(
    entry: DispatchEntry,
    { runtimeId, isTakeover }: Pick<ClaimRequest, 'runtimeId' | 'isTakeover'>,
    use: (reply: ClaimReply | undefined) => Promise<void>,
  ): Promise<void> {
    const { store, brokerId } = this.#options;
    const { id, entryId } = entry;
    const request = { id, entryId, runtimeId, brokerId, isTakeover, claimId: this.nextClaimId() };
    await this.#untilAnswered(entry, () => store.claim(request), use);
  }

  /** Queues a session again of which nothing has run. Resolves as `claim` does. */
  async release(entry: DispatchEntry, fence: string, reason: string): Promise<void> {
    const { store } = this.#options;
    await this.#untilAnswered(
      entry,
      () => store.release(entry.id, fence, reason),
      async () => {},
    );
  }

  async #untilAnswered<T>(
    entry: DispatchEntry,
    ask: () => Promise<T>,
    use: (reply: T | undefined) => Promise<void>,
  ): Promise<void> {
    let reply: T | undefined;
    try {
      reply = await ask();
    } catch (thrown) {
      if (toEnclaveError(thrown).code === 'STORE_UNAVAILABLE') {
        this.#open.set(entry.id, entry);
        this.#later(RETRY_MS, () => this.#untilAnswered(entry, ask, use));
        return;
      }
    }
    this.#open.delete(entry.id);
    await use(reply);
  }

  /** Queues a session whose creation was not answered, should it have been created: nothing of it has run. */
  undo(id: string, tries: number = UNDO_TRIES): void {
    this.#later(UNDO_MS, async () => {
      const { store, brokerId, isHeld } = this.#options;
      try {
        const record = await store.find(id);
        // Created at another broker since, or by a repeat at this one: not ours to touch.
        if (record?.brokerId !== brokerId || isHeld(id)) return;
        const request = { id, entryId: DIRECT_ENTRY, runtimeId: '', brokerId, isTakeover: true };
        const claim = await store.claim({ ...request, claimId: this.nextClaimId() });
        if (claim.code === 'lost') await store.release(id, claim.fence, 'the store was away');
      } catch {
        if (tries > 1) this.undo(id, tries - 1);
      }
    });
  }

  #later(ms: number, work: () => Promise<void>): void {
    const stop = this.#options.clock.setTimer(ms, () => {
      this.#timers.delete(stop);
      void work().catch(() => {});
    });
    this.#timers.add(stop);
  }

  close(): void {
    for (const stop of this.#timers) stop();
    this.#timers.clear();
  }
}
