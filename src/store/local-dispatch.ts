// The queues of one process: per route three priorities, and the entries that somebody has taken and not settled.
import { PRIORITIES, type Priority } from '../protocol/events.ts';
import type { DispatchEntry } from './store.ts';

interface Taken {
  readonly entry: DispatchEntry;
  renewedAtMs: number;
}

export class LocalDispatch {
  readonly #queues = new Map<string, Record<Priority, DispatchEntry[]>>();
  readonly #taken = new Map<string, Taken>();
  #count = 0;

  add(id: string, route: string, priority: Priority, atMs: number): DispatchEntry {
    const entry = { entryId: `${++this.#count}`, id, route, priority, atMs };
    this.#queue(route)[priority].push(entry);
    return entry;
  }

  /** An entry that is taken as it is made: its session never waits. */
  addTaken(id: string, route: string, priority: Priority, nowMs: number): DispatchEntry {
    const entry = { entryId: `${++this.#count}`, id, route, priority, atMs: nowMs };
    this.#taken.set(entry.entryId, { entry, renewedAtMs: nowMs });
    return entry;
  }

  /** An entry of an earlier life of the process: its owner is gone, the next reap finds it. */
  addAbandoned(entryId: string, id: string, route: string, priority: Priority): void {
    const entry = { entryId, id, route, priority, atMs: 0 };
    this.#count = Math.max(this.#count, Number(entryId));
    this.#taken.set(entryId, { entry, renewedAtMs: Number.NEGATIVE_INFINITY });
  }

  take(
    route: string,
    quota: Readonly<Record<Priority, number>>,
    total: number,
    nowMs: number,
  ): DispatchEntry[] {
    const queue = this.#queue(route);
    const entries: DispatchEntry[] = [];
    for (const share of [quota, undefined]) {
      for (const priority of PRIORITIES) {
        const room = total - entries.length;
        entries.push(...queue[priority].splice(0, Math.min(room, share?.[priority] ?? room)));
      }
    }
    for (const entry of entries) this.#taken.set(entry.entryId, { entry, renewedAtMs: nowMs });
    return entries;
  }

  renew(entries: readonly DispatchEntry[], nowMs: number): void {
    for (const { entryId } of entries) {
      const taken = this.#taken.get(entryId);
      if (taken !== undefined) taken.renewedAtMs = nowMs;
    }
  }

  reap(route: string, idleMs: number, limit: number, nowMs: number): DispatchEntry[] {
    const entries: DispatchEntry[] = [];
    for (const taken of this.#taken.values()) {
      if (entries.length >= limit) break;
      if (taken.entry.route !== route || nowMs - taken.renewedAtMs < idleMs) continue;
      taken.renewedAtMs = nowMs;
      entries.push(taken.entry);
    }
    return entries;
  }

  settle(entryId: string): void {
    this.#taken.delete(entryId);
  }

  depths(route: string): Record<Priority, number> {
    const { high, normal, low } = this.#queue(route);
    return { high: high.length, normal: normal.length, low: low.length };
  }

  #queue(route: string): Record<Priority, DispatchEntry[]> {
    const known = this.#queues.get(route);
    if (known !== undefined) return known;
    const queue = { high: [], normal: [], low: [] };
    this.#queues.set(route, queue);
    return queue;
  }
}
