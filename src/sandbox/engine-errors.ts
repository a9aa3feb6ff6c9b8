// What isolated-vm throws out of an entry, told apart. Its message texts are no stable API: they appear in this file only.
import type ivm from 'isolated-vm';

const TIMED_OUT = 'Script execution timed out.';
const NOT_AN_ERROR = /^An object was thrown from supplied code within isolated-vm/u;
const MEMORY = /memory limit|disposed|out of memory/iu;

/** What ended an entry: V8's clock, the heap limit, a rejection nobody handled, or a fault of ours. */
export type EntryFault =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'rejection'; readonly name: string; readonly message: string; readonly stack: string };

/**
 * A script can reject with any text, also with those of isolated-vm. A time-out therefore also needs the time to have
 * passed, and a memory fault the isolate to be gone.
 */
export function classifyEntryFault(thrown: unknown, isolate: ivm.Isolate, isTimeUp: boolean): EntryFault {
  const { name, message, stack } = textsOf(thrown);
  if (isolate.isDisposed) return { kind: 'memory' };
  if (message === TIMED_OUT && isTimeUp) return { kind: 'timeout' };
  const told = NOT_AN_ERROR.test(message)
    ? 'a promise was rejected with an object that is not an Error'
    : message;
  return { kind: 'rejection', name, message: told, stack };
}

/** True when an isolate could not even be made, or a context in it, for want of memory. */
export function isMemoryFault(thrown: unknown): boolean {
  return MEMORY.test(textsOf(thrown).message);
}

// isolated-vm has copied the value into this isolate before throwing it: an Error with plain text properties, or a primitive.
function textsOf(thrown: unknown): { name: string; message: string; stack: string } {
  if (thrown instanceof Error)
    return { name: thrown.name, message: thrown.message, stack: thrown.stack ?? '' };
  return { name: 'Error', message: String(thrown), stack: '' };
}
