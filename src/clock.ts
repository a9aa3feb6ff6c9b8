// Time and chance come from here, so that everything that depends on them can be run on a manual clock and a fixed seed.

/** A monotonic clock with timers. Instants are milliseconds from an arbitrary start, with fractions. */
export interface Clock {
  /** Monotonic now, ms. Two readings of one clock may be subtracted; readings of two clocks never. */
  nowMs(): number;
  /** Wall-clock time for labels only, ms since 1970-01-01 UTC. */
  wallMs(): number;
  /** Calls `fire` once, `delayMs` from now (0 or more); the returned function cancels it. */
  setTimer(delayMs: number, fire: () => void): () => void;
  /** The same, for upkeep: does not keep the program running when nothing else does. */
  setBackgroundTimer(delayMs: number, fire: () => void): () => void;
  /** Calls `fire` once in a later turn of the event loop, as soon as other work has been looked at. */
  defer(fire: () => void): void;
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
  setBackgroundTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs).unref();
    return () => clearTimeout(timer);
  },
  defer: (fire) => void setImmediate(fire),
};

/**
 * What to add to an instant of {@link realClock} to get one of the machine's monotonic clock, which all processes of the machine
 * share. For instants that one process tells another; readings of two machines are never compared.
 */
export function machineOffsetMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}

interface PendingTimer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is moved: for tests and simulations. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #timers: PendingTimer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer: PendingTimer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  setBackgroundTimer(delayMs: number, fire: () => void): () => void {
    return this.setTimer(delayMs, fire);
  }

  defer(fire: () => void): void {
    this.setTimer(0, fire);
  }

  /** Moves time forward by `ms`, firing each due timer at its own instant and letting promise reactions run between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let due = this.#next(endMs); due !== undefined; due = this.#next(endMs)) {
      const timer = due;
      this.#timers = this.#timers.filter((other) => other !== timer);
      this.#nowMs = timer.atMs;
      timer.fire();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue;
      if (
        next === undefined ||
        timer.atMs < next.atMs ||
        (timer.atMs === next.atMs && timer.order < next.order)
      )
        next = timer;
    }
    return next;
  }
}

/** Lets the promise reactions that are due run before time goes on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A number in [0, 1) that depends on nothing but (seed, stream, index): the draw for item i is the same in any order. */
export function drawUniform(seed: number, stream: number, index: number): number {
  // Each counter passes the MurmurHash3 finaliser before it is folded in; 53 bits of the result make the fraction.
  let h = mix32((seed | 0) ^ 0x9e3779b9);
  h = mix32(h ^ mix32((Math.floor(seed / 2 ** 32) | 0) ^ 0x85ebca6b));
  h = mix32(h ^ mix32((stream | 0) + 0x7f4a7c15));
  const low = mix32(h ^ mix32((index | 0) ^ 0x27d4eb2f));
  const high = mix32(low ^ mix32((Math.floor(index / 2 ** 32) | 0) + 0x165667b1) ^ 0x2545f491);
  return ((low >>> 5) * 2 ** 26 + (high >>> 6)) / 2 ** 53;
}

/** The 32-bit finaliser of MurmurHash3 (Appleby, public domain): every input bit changes every output bit. */
function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
