// A room is one isolate and what the worker keeps about it. In isolate mode it serves one execution, in context mode one tenant.
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';
import { guard } from './guard.ts';
import { type Deliver, type HostCallback, prelude } from './prelude.ts';

/** Guard and prelude as one function of a new context. */
const BOOT_SOURCE: string = `(host, wrapped, args, limits) => {
(${guard})();
return (${prelude})(host, wrapped, args, limits);
}`;

type Boot = typeof prelude;

export class Room {
  readonly isolate: ivm.Isolate;
  readonly heapMb: number;
  /** Executions started in it and not yet left. */
  live = 0;
  started = 0;
  timeouts = 0;
  /** When an execution last left it, `performance.now()`. */
  usedMs = 0;
  #spareContext: ivm.Context | undefined;
  // Compiled once for all contexts: it saves parsing, and 12 KB of text in each of them.
  #boot: ivm.Script | undefined;

  constructor(heapMb: number, kind: 'fresh' | 'warm' = 'fresh') {
    this.heapMb = heapMb;
    this.isolate =
      kind === 'fresh'
        ? new ivm.Isolate({ memoryLimit: heapMb })
        : withLargeYoungGeneration(() => new ivm.Isolate({ memoryLimit: heapMb }));
  }

  /** Makes the context of the next execution ahead of it. */
  prepareContext(): void {
    this.#spareContext ??= this.isolate.createContextSync();
  }

  takeContext(): ivm.Context {
    const context = this.#spareContext ?? this.isolate.createContextSync();
    this.#spareContext = undefined;
    return context;
  }

  /** Runs guard, prelude and script in a new context; answers with the function that takes replies. */
  boot(
    context: ivm.Context,
    host: HostCallback,
    [wrapped, argsJson, limitsJson]: readonly [wrapped: string, argsJson: string, limitsJson: string],
    timeout: number,
  ): ivm.Reference<Deliver> {
    this.#boot ??= this.isolate.compileScriptSync(BOOT_SOURCE);
    const boot = this.#boot.runSync(context, { reference: true }) as ivm.Reference<Boot>;
    try {
      const options = { timeout, result: { reference: true } } as const;
      const callback = new ivm.Callback(host) as unknown as HostCallback;
      return boot.applySync(
        undefined,
        [callback, wrapped, argsJson, limitsJson],
        options,
      ) as ivm.Reference<Deliver>;
    } finally {
      // Left to this thread's garbage collector, it would keep the context alive in the other heap.
      if (!this.isolate.isDisposed) boot.release();
    }
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
