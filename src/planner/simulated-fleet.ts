// The instances of a simulated fleet: which are up, what they serve, who waits where.
import { EventHeap } from './event-heap.ts';

export type Routing =
  | 'random'
  | 'round-robin'
  | 'least-busy'
  /** Groups of so many instances in the order in which they came up; one group at random, within it the least busy. */
  | { readonly kind: 'placed'; readonly groupSize: number };

export interface FleetShape {
  /** Processors of an instance. */
  readonly serversPerInstance: number;
  /** One queue for all, or one for each instance. */
  readonly queue: 'pooled' | 'split';
  /** How a split fleet spreads arrivals. */
  readonly routing: Routing;
  /** Executions that may wait in the whole fleet. */
  readonly maxQueue: number;
}

/** What the simulation needs of a fleet, whatever its discipline. Items are numbers of executions. */
export interface FleetModel {
  readonly departures: EventHeap;
  /** Processors at work. */
  readonly busy: number;
  readonly upCount: number;
  /** Up or starting. */
  readonly ordered: number;
  /** Orders an instance; it takes work after `ready`. */
  order(): number;
  ready(id: number): void;
  /** @returns false when it is rejected. */
  arrive(item: number): boolean;
  /** Ends the next departure. @returns the execution, if it was not lost or overtaken. */
  depart(): number | undefined;
  /**
   * Takes instances out. `drained`: the youngest; what they serve is ended. `replaced`: the oldest, likewise. `lost`: the
   * youngest with what they serve. @returns the executions to be started again.
   */
  remove(count: number, how: 'drained' | 'lost' | 'replaced'): number[];
}

type State = 'starting' | 'up' | 'gone';

interface Instance {
  state: State;
  busy: number;
  readonly waiting: number[];
  /** Start of the part of `waiting` not yet served: taking from the front must not move the rest. */
  head: number;
}

/** No instance serves this execution. */
const NOBODY = -1;

/** First come, first served. Owns the instances and the pending departures. */
export class SimulatedFleet implements FleetModel {
  readonly departures: EventHeap = new EventHeap();
  readonly #shape: FleetShape;
  readonly #random: () => number;
  readonly #begin: (item: number) => number;
  readonly #instances: Instance[] = [];
  #up: number[] = [];
  /** Processors free in a pooled fleet, by instance; entries of instances that are gone are skipped when taken. */
  #free: number[] = [];
  readonly #common: { readonly waiting: number[]; head: number } = { waiting: [], head: 0 };
  /** Instance by execution. */
  readonly #servedBy: number[] = [];
  #turn = 0;
  #starting = 0;
  #queued = 0;
  #busy = 0;

  /** @param begin called when an execution gets a processor; answers the time of its departure. */
  constructor(shape: FleetShape, random: () => number, begin: (item: number) => number) {
    this.#shape = shape;
    this.#random = random;
    this.#begin = begin;
  }

  get busy(): number {
    return this.#busy;
  }

  get queued(): number {
    return this.#queued;
  }

  get upCount(): number {
    return this.#up.length;
  }

  get ordered(): number {
    return this.#up.length + this.#starting;
  }

  order(): number {
    this.#starting++;
    return this.#instances.push({ state: 'starting', busy: 0, waiting: [], head: 0 }) - 1;
  }

  ready(id: number): void {
    const instance = this.#instances[id];
    if (instance?.state !== 'starting') return;
    instance.state = 'up';
    this.#starting--;
    this.#up.push(id);
    for (let i = 0; i < this.#shape.serversPerInstance; i++) this.#free.push(id);
    // Whoever waited in the common queue, for want of a processor or of any instance, is next.
    while (this.#common.head < this.#common.waiting.length) {
      if (this.#shape.queue === 'pooled' && this.#takeFree() === undefined) return;
      const item = takeFirst(this.#common);
      if (item === undefined) return;
      this.#queued--;
      this.arrive(item);
    }
  }

  arrive(item: number): boolean {
    const id = this.#shape.queue === 'pooled' ? this.#takeFree() : this.#route();
    const instance = id === undefined ? undefined : this.#instances[id];
    if (id !== undefined && instance !== undefined && instance.busy < this.#shape.serversPerInstance) {
      this.#start(id, instance, item);
      return true;
    }
    if (this.#queued >= this.#shape.maxQueue) return false;
    (instance ?? this.#common).waiting.push(item);
    this.#queued++;
    return true;
  }

  depart(): number | undefined {
    const item = this.departures.pop();
    const id = this.#servedBy[item] ?? NOBODY;
    const instance = this.#instances[id];
    if (instance === undefined) return undefined;
    this.#servedBy[item] = NOBODY;
    instance.busy--;
    this.#busy--;
    this.#next(id, instance);
    return item;
  }

  remove(count: number, how: 'drained' | 'lost' | 'replaced'): number[] {
    const again: number[] = [];
    for (let i = 0; i < count; i++) {
      const starting = this.#instances.findLastIndex(({ state }) => state === 'starting');
      const oldest = how === 'replaced';
      const id = starting >= 0 && how === 'drained' ? starting : oldest ? this.#up.shift() : this.#up.pop();
      const instance = id === undefined ? undefined : this.#instances[id];
      if (instance === undefined) break;
      if (instance.state === 'starting') this.#starting--;
      instance.state = 'gone';
      const rest = instance.waiting.splice(instance.head);
      instance.waiting.length = 0;
      instance.head = 0;
      this.#queued -= rest.length;
      again.push(...rest);
      if (how === 'lost') {
        const serving = this.departures.items().filter((item) => this.#servedBy[item] === id);
        again.unshift(...serving);
        this.#busy -= serving.length;
        instance.busy = 0;
        for (const item of serving) this.#servedBy[item] = NOBODY;
      }
    }
    return again;
  }

  #start(id: number, instance: Instance, item: number): void {
    instance.busy++;
    this.#busy++;
    this.#servedBy[item] = id;
    if (this.#shape.queue === 'pooled') this.#free.pop();
    this.departures.push(this.#begin(item), item);
  }

  #next(id: number, instance: Instance): void {
    if (instance.state !== 'up') return;
    if (this.#shape.queue === 'pooled') this.#free.push(id);
    const item = takeFirst(this.#shape.queue === 'pooled' ? this.#common : instance);
    if (item === undefined) return;
    this.#queued--;
    this.#start(id, instance, item);
  }

  /** The instance on top of the free processors; stays there until something starts on it. */
  #takeFree(): number | undefined {
    for (;;) {
      const id = this.#free.at(-1);
      if (id === undefined || this.#instances[id]?.state === 'up') return id;
      this.#free.pop();
    }
  }

  #route(): number | undefined {
    const up = this.#up;
    if (up.length === 0) return undefined;
    const { routing } = this.#shape;
    if (typeof routing === 'object') {
      const groups = Math.ceil(up.length / routing.groupSize);
      const first = Math.floor(this.#random() * groups) * routing.groupSize;
      return this.#leastBusy(up.slice(first, first + routing.groupSize));
    }
    switch (routing) {
      case 'random':
        return up[Math.floor(this.#random() * up.length)];
      case 'round-robin':
        return up[this.#turn++ % up.length];
      case 'least-busy':
        return this.#leastBusy(up);
    }
  }

  #leastBusy(ids: readonly number[]): number {
    return ids.reduce((least, id) => (this.#load(id) < this.#load(least) ? id : least));
  }

  #load(id: number): number {
    const instance = this.#instances[id];
    return instance === undefined ? Infinity : instance.busy + instance.waiting.length - instance.head;
  }
}

function takeFirst(queue: { readonly waiting: number[]; head: number }): number | undefined {
  const item = queue.waiting[queue.head];
  if (item === undefined) return undefined;
  queue.head++;
  // Give the served front back now and then: amortised constant time.
  if (queue.head > 1_024 && 2 * queue.head > queue.waiting.length) {
    queue.waiting.splice(0, queue.head);
    queue.head = 0;
  }
  return item;
}
