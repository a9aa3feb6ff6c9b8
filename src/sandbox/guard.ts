// Runs first in every context. Takes away the ways to memory that V8 does not count against an isolate's limit, and to
// callbacks from the garbage collector. Never called here: its text is evaluated inside the isolate.

/** WebAssembly and SharedArrayBuffer go together: a shared wasm memory would hand a SharedArrayBuffer back. */
export function removeGlobals(): void {
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry'])
    Reflect.deleteProperty(globalThis, name);
}

/** Leaves buffers of a fixed length only. */
export function fixBuffers(): void {
  const Original = ArrayBuffer;
  for (const name of ['resize', 'transfer', 'transferToFixedLength'])
    Reflect.deleteProperty(Original.prototype, name);
  const construct = Reflect.construct;
  // A second argument would make the buffer resizable, so only the length goes on; subclasses keep working.
  // biome-ignore lint/suspicious/noShadowRestrictedNames: the replacement keeps the name
  const Fixed = function ArrayBuffer(length: unknown): object {
    if (new.target === undefined) throw new TypeError("Constructor ArrayBuffer requires 'new'");
    return construct(Original, [length], new.target);
  };
  const define = Object.defineProperty;
  define(Fixed, 'prototype', { value: Original.prototype, writable: false });
  define(Fixed, 'isView', { value: Original.isView, writable: true, configurable: true });
  define(Fixed, Symbol.species, {
    get(this: unknown) {
      return this;
    },
    configurable: true,
  });
  define(Original.prototype, 'constructor', { value: Fixed, writable: true, configurable: true });
  define(globalThis, 'ArrayBuffer', { value: Fixed, writable: true, configurable: true });
}
