// A binary heap of (time, item) on typed arrays: the pending departures of the simulator, without an object per event.

/** Smallest time first. Grows as needed. */
export class EventHeap {
  #times = new Float64Array(256);
  #items = new Int32Array(256);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] ?? Infinity);
  }

  /** Items of all pending events, in no order. */
  items(): number[] {
    return [...this.#items.subarray(0, this.#size)];
  }

  push(time: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] ?? 0;
      if (parentTime <= time) break;
      times[at] = parentTime;
      items[at] = items[parent] ?? 0;
      at = parent;
    }
    times[at] = time;
    items[at] = item;
  }

  /** Takes out the next event and answers its item. Call only when `size` is above 0. */
  pop(): number {
    const times = this.#times;
    const items = this.#items;
    const item = items[0] ?? 0;
    const last = --this.#size;
    const time = times[last] ?? 0;
    const moved = items[last] ?? 0;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && (times[child + 1] ?? 0) < (times[child] ?? 0)) child++;
      const childTime = times[child] ?? 0;
      if (childTime >= time) break;
      times[at] = childTime;
      items[at] = items[child] ?? 0;
      at = child;
    }
    times[at] = time;
    items[at] = moved;
    return item;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    const items = new Int32Array(2 * this.#items.length);
    items.set(this.#items);
    this.#times = times;
    this.#items = items;
  }
}
