// What a realm looks like: every property that can be reached from its built-ins. Two looks that differ mean that something
// was changed. The same function looks at the embedding process and, as a text, at the realm of the next script.

/** Runs in a realm that may be hostile only to itself: nothing here calls what it inspects. */
export function describeRealm(roots: readonly string[] | undefined, readsRegExpStatics: boolean): string {
  const seen = new Set<unknown>();
  let count = 0;
  let hash = 2_166_136_261;
  const note = (text: string): void => {
    count++;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  };
  const visit = (value: unknown, path: string): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      note(`${path}=${typeof value}:${String(value)}`);
      return;
    }
    if (seen.has(value)) return;
    seen.add(value);
    const text = typeof value === 'function' ? Function.prototype.toString.call(value) : '';
    note(`${path}:${typeof value}:${Object.isExtensible(value)}:${text}`);
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      const where = `${path}.${String(key)}`;
      note(`${where}:${descriptor?.writable}:${descriptor?.enumerable}:${descriptor?.configurable}`);
      if (descriptor?.get !== undefined) visit(descriptor.get, `${where}.get`);
      if (descriptor?.set !== undefined) visit(descriptor.set, `${where}.set`);
      if (descriptor !== undefined && 'value' in descriptor) visit(descriptor.value, where);
    }
    visit(Object.getPrototypeOf(value), `${path}.[[Prototype]]`);
  };
  for (const name of roots ?? Object.getOwnPropertyNames(globalThis).sort()) {
    const descriptor = Reflect.getOwnPropertyDescriptor(globalThis, name);
    note(`${name}:${descriptor?.writable}:${descriptor?.enumerable}:${descriptor?.configurable}`);
    if (descriptor !== undefined && 'value' in descriptor && descriptor.value !== globalThis)
      visit(descriptor.value, name);
  }
  if (readsRegExpStatics)
    for (const name of ['$1', '$9', 'input', 'lastMatch', 'lastParen', 'leftContext', 'rightContext'])
      note(`RegExp.${name}=${String(Reflect.get(RegExp, name))}`);
  return `${count} properties, ${(hash >>> 0).toString(16)}`;
}

const BUILT_INS = [
  ...[
    'Object',
    'Function',
    'Array',
    'String',
    'Number',
    'Boolean',
    'Symbol',
    'BigInt',
    'Date',
    'RegExp',
    'Promise',
  ],
  ...[
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'WeakRef',
    'Proxy',
    'Reflect',
    'JSON',
    'Math',
    'Atomics',
    'Intl',
    'Error',
  ],
  ...['TypeError', 'RangeError', 'SyntaxError', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Uint8Array'],
  ...[
    'Float64Array',
    'WebAssembly',
    'FinalizationRegistry',
    'Iterator',
    'Buffer',
    'AbortSignal',
    'structuredClone',
  ],
];

/** How the embedding process looks; equal before and after whatever a script did. */
export function describeProcess(): string {
  return JSON.stringify({
    realm: describeRealm(BUILT_INS, false),
    globals: Object.getOwnPropertyNames(globalThis).toSorted(),
    environment: process.env,
    folder: process.cwd(),
    arguments: process.argv,
    flags: process.execArgv,
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  });
}

/** Handles and requests that keep the process busy, counted by kind. */
export function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
