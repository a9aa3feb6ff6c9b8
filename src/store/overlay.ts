// A store in front of another. A plain object: a proxy would look up each operation at every call.
import type { Store } from './store.ts';

export type Operation = (...args: unknown[]) => unknown;

/** A store whose operations are others; all of them the same unless told. */
export function overlaid(
  store: Store,
  replace: (name: string, operation: Operation) => Operation = (_name, operation) => operation,
): Store {
  const made: Store = Object.create(store);
  for (let at: object | null = store; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Reflect.ownKeys(at)) {
      if (Object.hasOwn(made, name) || name === 'constructor') continue;
      const value: unknown = Reflect.get(store, name);
      if (typeof value !== 'function') continue;
      // Looked up when it is called: an operation may be replaced later.
      const bound: Operation = (...args) => Reflect.apply(Reflect.get(store, name), store, args);
      const operation = typeof name === 'string' ? replace(name, bound) : bound;
      Object.defineProperty(made, name, { value: operation, writable: true });
    }
  // Asked many times a session, and through every layer.
  Object.defineProperty(made, 'nowMs', { value: () => store.nowMs(), writable: true });
  return made;
}
