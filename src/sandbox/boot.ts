// Guard and prelude as every new context has or gets them, and the V8 start snapshot that holds a context with both in place.
import ivm from 'isolated-vm';
import { describing } from './describing.ts';
import { fixBuffers, removeGlobals } from './guard.ts';
import { createParallel } from './parallel.ts';
import { prelude, type Start } from './prelude.ts';

/** Where a context from the snapshot keeps it. It takes itself away before it lets the script begin. */
const GLOBAL_NAME = '__enclaveBoot';

// What V8 itself puts into a new context needs the globals, so they go only when that is done.
const BOOT_SOURCE: string = `(() => {
const removeGlobals = ${removeGlobals};
(${fixBuffers})();
const start = (${prelude})({ describing: ${describing}, createParallel: ${createParallel} });
return (host, script, args, limits) => {
delete globalThis.${GLOBAL_NAME};
removeGlobals();
return start(host, script, args, limits);
};
})()`;

let snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;

/** What the next isolate starts from: V8's own heap as long as there is no snapshot. */
export function bootSnapshot(): ivm.ExternalCopy<ArrayBuffer> | undefined {
  return snapshot;
}

/**
 * Makes the snapshot if there is none yet, in about 10 ms; with it an isolate starts 0.4 ms sooner. Made here and kept in
 * memory: one from outside could hold anything.
 */
export function prepareBootSnapshot(): void {
  snapshot ??= ivm.Isolate.createSnapshot([{ code: `globalThis.${GLOBAL_NAME} = ${BOOT_SOURCE};` }], WARM_UP);
}

// Run once before the snapshot is taken, in a context that is thrown away: what it ran stays compiled. So it does what most
// scripts do: a tool call that succeeds, one that fails, a line on the console, a result.
const WARM_UP = `${GLOBAL_NAME}(
  () => '',
  '(async () => { callTool("a", {}); callTool("b"); console.log("", {}); return 1; })',
  '{}',
  '[9,9,99,99,99,99,99]',
)(1, true, '1', 2, false, '["",""]');`;

/** Finds the start function in a context of an isolate that came from the snapshot, or sets one up, compiled once per isolate. */
export class BootSource {
  readonly #isolate: ivm.Isolate;
  readonly #isInSnapshot: boolean;
  #script: ivm.Script | undefined;

  constructor(isolate: ivm.Isolate, isInSnapshot: boolean) {
    this.#isolate = isolate;
    this.#isInSnapshot = isInSnapshot;
  }

  in(context: ivm.Context): ivm.Reference<Start> {
    if (this.#isInSnapshot)
      return context.global.getSync(GLOBAL_NAME, { reference: true }) as ivm.Reference<Start>;
    this.#script ??= this.#isolate.compileScriptSync(BOOT_SOURCE);
    return this.#script.runSync(context, { reference: true }) as ivm.Reference<Start>;
  }
}
