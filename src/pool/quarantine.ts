// Who may not run for a while: sources that killed their host twice, and tenants that kill hosts too often. A changed byte
// makes another source, so the second rule backs the first. And who may only run alone: sources of which one, nobody can tell
// which, took over its host.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';

export const CRASHES_PER_SOURCE = 2;
export const CRASHES_PER_TENANT = 5;
export const QUARANTINE_MS = 600_000;
export const TENANT_WINDOW_MS = 60_000;
/** Sources and tenants remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 10_000;

export class Quarantine {
  readonly #clock: Clock;
  readonly #sources = new Map<string, number[]>();
  readonly #tenants = new Map<string, number[]>();
  readonly #suspects = new Map<string, number[]>();

  /** How often it was told of a crash; what was admitted before the last one may have to be refused now. */
  crashes = 0;
  #lastCrashMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that this source of this tenant crashed or blocked a host. */
  addCrash(source: string, tenant: string): void {
    this.crashes++;
    this.#lastCrashMs = this.#clock.nowMs();
    this.#add(this.#sources, hash(source));
    this.#add(this.#tenants, tenant);
  }

  /** Why it must not run now; `undefined` when it may. */
  refusal(source: string, tenant: string): string | undefined {
    // Nearly always: then nothing has to be hashed.
    if (this.#clock.nowMs() - this.#lastCrashMs > QUARANTINE_MS) return undefined;
    const since = this.#clock.nowMs() - TENANT_WINDOW_MS;
    if (count(this.#tenants.get(tenant), since) >= CRASHES_PER_TENANT)
      return `scripts of this tenant have crashed ${CRASHES_PER_TENANT} hosts within a minute`;
    if (count(this.#sources.get(hash(source)), this.#clock.nowMs() - QUARANTINE_MS) >= CRASHES_PER_SOURCE)
      return `this script has crashed its host ${CRASHES_PER_SOURCE} times`;
    return undefined;
  }

  /** Notes that this source was in a host that broke the protocol. */
  addSuspect(source: string): void {
    this.#add(this.#suspects, hash(source));
  }

  /** Whether it has to run in a host of its own, where nobody else can be harmed or blamed. */
  mustRunAlone(source: string): boolean {
    if (this.#suspects.size === 0) return false;
    return count(this.#suspects.get(hash(source)), this.#clock.nowMs() - QUARANTINE_MS) > 0;
  }

  #add(book: Map<string, number[]>, key: string): void {
    const times = book.get(key)?.slice(-CRASHES_PER_TENANT) ?? [];
    times.push(this.#clock.nowMs());
    book.delete(key);
    book.set(key, times);
    const oldest = book.keys().next();
    if (book.size > MAX_REMEMBERED && oldest.done !== true) book.delete(oldest.value);
  }
}

function count(times: readonly number[] | undefined, sinceMs: number): number {
  return times?.filter((atMs) => atMs >= sinceMs).length ?? 0;
}

function hash(source: string): string {
  return createHash('sha256').update(source).digest('base64');
}
