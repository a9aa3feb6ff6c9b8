// A room is one isolate and what the worker keeps about it. In isolate mode it serves one execution, in context mode one tenant.
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';
import { BootSource, bootSnapshot } from './boot.ts';
import { Lru } from './lru.ts';
import type { Deliver, HostCallback, Start } from './prelude.ts';

/** The compiled form takes a small multiple of the text, of the heap that the tenant has. */
const MAX_SCRIPTS = 100;
const MAX_SCRIPTS_LENGTH = 1e6;

/** A compiled script as a function of a context. */
export type Main = ivm.Reference<() => object>;

/** A new context and the function that starts a script in it. */
export interface Place {
  readonly context: ivm.Context;
  readonly boot: ivm.Reference<Start>;
}

export class Room {
  readonly isolate: ivm.Isolate;
  readonly heapMb: number;
  /** Executions started in it and not yet left. */
  live = 0;
  started = 0;
  timeouts = 0;
  /** When an execution last left it, `performance.now()`. */
  usedMs = 0;
  /** Sources of its tenant, compiled; see source-cache.ts. */
  readonly scripts: Lru<ivm.Script> = new Lru(MAX_SCRIPTS, MAX_SCRIPTS_LENGTH);
  readonly #boot: BootSource;
  #spare: Place | undefined;

  constructor(heapMb: number, kind: 'fresh' | 'warm' = 'fresh') {
    this.heapMb = heapMb;
    const snapshot = bootSnapshot();
    const options = { memoryLimit: heapMb, ...(snapshot === undefined ? {} : { snapshot }) };
    this.isolate =
      kind === 'fresh' ? new ivm.Isolate(options) : withLargeYoungGeneration(() => new ivm.Isolate(options));
    this.#boot = new BootSource(this.isolate, snapshot !== undefined);
  }

  /** Makes the context of the next execution ahead of it. */
  prepareContext(): void {
    this.#spare ??= this.#makePlace();
  }

  takePlace(): Place {
    const place = this.#spare ?? this.#makePlace();
    this.#spare = undefined;
    return place;
  }

  /** Runs the script; answers with the function that takes replies. A place serves once. */
  start(
    { boot }: Place,
    host: HostCallback,
    [main, argsJson, limitsJson]: readonly [main: string | Main, argsJson: string, limitsJson: string],
    timeout: number,
  ): ivm.Reference<Deliver> {
    try {
      const callback = new ivm.Callback(host) as unknown as HostCallback;
      const options = { timeout, result: { reference: true } } as const;
      // The function is one of this very context.
      const source = typeof main === 'string' ? main : (main.derefInto() as unknown as () => object);
      const values = [callback, source, argsJson, limitsJson] as const;
      return boot.applySync(undefined, [...values], options) as ivm.Reference<Deliver>;
    } finally {
      // Left to this thread's garbage collector, it would keep the context alive in the other heap.
      if (!this.isolate.isDisposed) {
        boot.release();
        if (typeof main !== 'string') main.release();
      }
    }
  }

  #makePlace(): Place {
    const context = this.isolate.createContextSync();
    return { context, boot: this.#boot.in(context) };
  }

  /** Share of the heap limit in use, 0..1; 1 when the isolate is gone. */
  heapUse(): number {
    if (this.isolate.isDisposed) return 1;
    return this.isolate.getHeapStatisticsSync().used_heap_size / (this.heapMb * 2 ** 20);
  }

  dispose(): void {
    if (!this.isolate.isDisposed) this.isolate.dispose();
  }
}

// isolated-vm derives a tiny young generation from the memory limit; with a larger one a warm isolate serves 1.2 to 1.4 times
// as many contexts. As a setting for all isolates it would cost fresh ones 18 %.
function withLargeYoungGeneration<T>(create: () => T): T {
  setFlagsFromString('--min-semi-space-size=16');
  setFlagsFromString('--max-semi-space-size=16');
  try {
    return create();
  } finally {
    setFlagsFromString('--min-semi-space-size=0');
    setFlagsFromString('--max-semi-space-size=0');
  }
}
