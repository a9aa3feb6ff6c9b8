// Guard and prelude as one function that every new context has or gets, and the V8 start snapshot that holds it compiled.
import ivm from 'isolated-vm';
import { describing } from './describing.ts';
import { guard } from './guard.ts';
import { createParallel } from './parallel.ts';
import { type Deliver, type HostCallback, prelude } from './prelude.ts';

export type Boot = (
  host: HostCallback,
  script: string | (() => object),
  argsJson: string,
  limitsJson: string,
) => Deliver;

/** Where a context from the snapshot keeps it. It takes itself away before it lets the script begin. */
const GLOBAL_NAME = '__enclaveBoot';

const BOOT_SOURCE: string = `(host, script, args, limits) => {
delete globalThis.${GLOBAL_NAME};
(${guard})();
return (${prelude})(host, script, args, limits, { describing: ${describing}, createParallel: ${createParallel} });
}`;

/** Making the snapshot takes about 10 ms, and with it an isolate starts 0.4 ms sooner: before so many it does not pay. */
const WORTH_FROM = 20;

let made = 0;
let snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;

/** What the next isolate starts from: nothing but V8's own heap for the first ones. */
export function bootSnapshot(): ivm.ExternalCopy<ArrayBuffer> | undefined {
  if (++made > WORTH_FROM) prepareBootSnapshot();
  return snapshot;
}

/** Makes the snapshot if there is none yet; for idle turns. Made here and kept in memory: one from outside could hold anything. */
export function prepareBootSnapshot(): void {
  snapshot ??= ivm.Isolate.createSnapshot([{ code: `globalThis.${GLOBAL_NAME} = ${BOOT_SOURCE};` }], WARM_UP);
}

// Run once before the snapshot is taken, in a context that is thrown away: what it ran stays compiled.
const WARM_UP = `${GLOBAL_NAME}(() => '', '(async () => 1)', '{}', '${JSON.stringify({ maxResultBytes: 9 })}')`;

/** Finds the boot function in a context of an isolate that came from the snapshot, or compiles it, once per isolate. */
export class BootSource {
  readonly #isolate: ivm.Isolate;
  readonly #isInSnapshot: boolean;
  #script: ivm.Script | undefined;

  constructor(isolate: ivm.Isolate, isInSnapshot: boolean) {
    this.#isolate = isolate;
    this.#isInSnapshot = isInSnapshot;
  }

  in(context: ivm.Context): ivm.Reference<Boot> {
    if (this.#isInSnapshot)
      return context.global.getSync(GLOBAL_NAME, { reference: true }) as ivm.Reference<Boot>;
    this.#script ??= this.#isolate.compileScriptSync(BOOT_SOURCE);
    return this.#script.runSync(context, { reference: true }) as ivm.Reference<Boot>;
  }
}
