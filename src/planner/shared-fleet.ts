// A simulated fleet whose executions share the processors of their instance instead of queueing for them: processor sharing.
import { EventHeap } from './event-heap.ts';
import type { FleetModel, FleetShape } from './simulated-fleet.ts';

interface Instance {
  state: 'starting' | 'up' | 'gone';
  /** Work done by each execution that has been here since the start, seconds: all run at the same speed. */
  doneS: number;
  /** When `doneS` was brought up to date. */
  atS: number;
  /** Executions by the `doneS` at which they are finished. */
  readonly finish: EventHeap;
  /** Number of the departure that is pending; earlier ones were overtaken by an arrival and mean nothing. */
  pending: number;
}

/**
 * n executions on an instance with c processors run at the speed min(1, c / n) each. An instance keeps the work that each
 * execution has done since a common start, so an arrival or departure costs one step in a heap, not one for each execution.
 * A pooled fleet sends arrivals to the least busy instance; nothing waits and nothing is rejected while an instance is up.
 */
export class SharedFleet implements FleetModel {
  readonly departures: EventHeap = new EventHeap();
  readonly #shape: FleetShape;
  readonly #random: () => number;
  readonly #demandS: (item: number) => number;
  readonly #now: () => number;
  readonly #instances: Instance[] = [];
  /** Instance of each departure event. */
  readonly #instanceOf: number[] = [];
  /** Executions that came when no instance was up. */
  #stranded: number[] = [];
  #up: number[] = [];
  #starting = 0;
  #turn = 0;
  #busy = 0;

  /** @param demandS called when an execution starts: the CPU seconds it needs. */
  constructor(shape: FleetShape, random: () => number, demandS: (item: number) => number, now: () => number) {
    this.#shape = shape;
    this.#random = random;
    this.#demandS = demandS;
    this.#now = now;
  }

  get busy(): number {
    return this.#busy;
  }

  get upCount(): number {
    return this.#up.length;
  }

  get ordered(): number {
    return this.#up.length + this.#starting;
  }

  order(): number {
    this.#starting++;
    const finish = new EventHeap();
    return this.#instances.push({ state: 'starting', doneS: 0, atS: 0, finish, pending: -1 }) - 1;
  }

  ready(id: number): void {
    const instance = this.#instances[id];
    if (instance?.state !== 'starting') return;
    instance.state = 'up';
    instance.atS = this.#now();
    this.#starting--;
    this.#up.push(id);
    const stranded = this.#stranded;
    this.#stranded = [];
    for (const item of stranded) this.arrive(item);
  }

  arrive(item: number): boolean {
    const id = this.#route();
    const instance = id === undefined ? undefined : this.#instances[id];
    if (id === undefined || instance === undefined) {
      this.#stranded.push(item);
      return true;
    }
    this.#change(id, instance, () => instance.finish.push(instance.doneS + this.#demandS(item), item));
    return true;
  }

  depart(): number | undefined {
    const event = this.departures.pop();
    const id = this.#instanceOf[event] ?? -1;
    const instance = this.#instances[id];
    if (instance === undefined || instance.pending !== event) return undefined;
    let item: number | undefined;
    this.#change(id, instance, () => {
      item = instance.finish.pop();
    });
    return item;
  }

  remove(count: number, how: 'drained' | 'lost' | 'replaced'): number[] {
    const again: number[] = [];
    for (let i = 0; i < count; i++) {
      const starting = this.#instances.findLastIndex(({ state }) => state === 'starting');
      const id =
        starting >= 0 && how === 'drained'
          ? starting
          : how === 'replaced'
            ? this.#up.shift()
            : this.#up.pop();
      const instance = id === undefined ? undefined : this.#instances[id];
      if (id === undefined || instance === undefined) break;
      if (instance.state === 'starting') this.#starting--;
      instance.state = 'gone';
      if (how === 'lost')
        this.#change(id, instance, () => {
          while (instance.finish.size > 0) again.push(instance.finish.pop());
        });
    }
    return again;
  }

  /** Brings an instance up to now, changes who runs on it, and sets its next departure. */
  #change(id: number, instance: Instance, change: () => void): void {
    const { serversPerInstance } = this.#shape;
    const now = this.#now();
    const before = instance.finish.size;
    if (before > 0) instance.doneS += (now - instance.atS) * Math.min(1, serversPerInstance / before);
    instance.atS = now;
    change();
    const { size } = instance.finish;
    this.#busy += Math.min(size, serversPerInstance) - Math.min(before, serversPerInstance);
    if (size === 0) {
      instance.pending = -1;
      return;
    }
    const leftS = Math.max(0, instance.finish.nextTime - instance.doneS);
    instance.pending = this.#instanceOf.push(id) - 1;
    this.departures.push(now + leftS / Math.min(1, serversPerInstance / size), instance.pending);
  }

  #route(): number | undefined {
    const up = this.#up;
    if (up.length === 0) return undefined;
    const routing = this.#shape.queue === 'pooled' ? 'least-busy' : this.#shape.routing;
    if (routing === 'random') return up[Math.floor(this.#random() * up.length)];
    if (routing === 'round-robin') return up[this.#turn++ % up.length];
    if (typeof routing === 'object') {
      const groups = Math.ceil(up.length / routing.groupSize);
      const first = Math.floor(this.#random() * groups) * routing.groupSize;
      return this.#leastBusy(up.slice(first, first + routing.groupSize));
    }
    return this.#leastBusy(up);
  }

  #leastBusy(ids: readonly number[]): number {
    const load = (id: number) => this.#instances[id]?.finish.size ?? Infinity;
    return ids.reduce((least, id) => (load(id) < load(least) ? id : least));
  }
}
