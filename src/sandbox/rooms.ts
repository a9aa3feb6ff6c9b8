// Which isolate an execution gets: a fresh one, or its tenant's warm one; and when an isolate has served its time.

import type { RunOptions } from './messages.ts';
import { Room } from './room.ts';

/** Contexts alive in one isolate: with more, resuming one becomes slow; with fewer, what the isolate itself takes weighs more. */
const MAX_LIVE_PER_ROOM = 150;
const MAX_STARTED_PER_ROOM = 500;
const MAX_TIMEOUTS_PER_ROOM = 3;
const MAX_HEAP_USE = 0.5;
const HEAP_CHECK_EVERY = 64;
/** A warm isolate without live executions goes after so long, ms. */
const IDLE_ROOM_MS = 60_000;
/** Warm isolates kept for tenants that have nothing live; the least recently used goes first. */
const MAX_IDLE_ROOMS = 16;

export class Rooms {
  /** Warm rooms that take executions, by tenant; the map's order is that of use. */
  readonly #warm = new Map<string, Room>();
  #lastWarm: Room | undefined;
  #spare: Room | undefined;
  #spareHeapMb = 0;

  take(options: RunOptions): Room {
    return options.isolation === 'context' ? this.#takeWarm(options) : this.#takeFresh(options.heapMb);
  }

  /** To be called after a run has been released, when its outcome is on its way. Answers with a room to be disposed of. */
  leave(room: Room, options: RunOptions): Room | undefined {
    if (options.isolation === 'isolate') return room;
    room.usedMs = performance.now();
    const isWarm = this.#warm.get(options.tenant) === room;
    const isOver = !isWarm || isWornOut(room);
    if (isWarm && isOver) this.#warm.delete(options.tenant);
    if (room.live > 0) return undefined;
    return isOver ? room : this.#takeLongestIdle();
  }

  /** Makes ahead what the next execution will probably need; for turns in which nothing is live. */
  prepareSpare(): void {
    if (this.#spareHeapMb !== 0 && this.#spare === undefined) {
      this.#spare = new Room(this.#spareHeapMb);
      this.#spare.prepareContext();
    }
    const warm = this.#lastWarm;
    if (warm !== undefined && !isWornOut(warm)) warm.prepareContext();
  }

  #takeFresh(heapMb: number): Room {
    this.#spareHeapMb = heapMb;
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.heapMb === heapMb) return spare;
    spare?.dispose();
    return new Room(heapMb);
  }

  #takeWarm({ tenant, heapMb }: RunOptions): Room {
    const current = this.#warm.get(tenant);
    this.#warm.delete(tenant);
    const isUsable = current !== undefined && current.live < MAX_LIVE_PER_ROOM && current.heapMb === heapMb;
    const room = isUsable && !isWornOut(current) ? current : new Room(heapMb, 'warm');
    if (current !== undefined && current !== room && current.live === 0) current.dispose();
    this.#warm.set(tenant, room);
    this.#lastWarm = room;
    return room;
  }

  /** To be called now and then: lets go what nobody has used for a while. */
  dropUnused(nowMs: number = performance.now()): void {
    for (const [tenant, room] of this.#warm) {
      if (room.live > 0 || nowMs - room.usedMs < IDLE_ROOM_MS) continue;
      this.#warm.delete(tenant);
      room.dispose();
    }
  }

  #takeLongestIdle(): Room | undefined {
    if (this.#warm.size <= MAX_IDLE_ROOMS) return undefined;
    for (const [tenant, room] of this.#warm) {
      if (room.live > 0) continue;
      this.#warm.delete(tenant);
      return room;
    }
    return undefined;
  }
}

function isWornOut(room: Room): boolean {
  if (
    room.isolate.isDisposed ||
    room.started >= MAX_STARTED_PER_ROOM ||
    room.timeouts > MAX_TIMEOUTS_PER_ROOM
  )
    return true;
  return room.started % HEAP_CHECK_EVERY === 0 && room.heapUse() > MAX_HEAP_USE;
}
