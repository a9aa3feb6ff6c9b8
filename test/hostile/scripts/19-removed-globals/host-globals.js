// expect: ok
// value: []
// Nothing of Node, of a browser or of isolated-vm is there.
const names = ['process', 'require', 'module', 'global', 'Buffer', 'fetch', 'setTimeout', 'setImmediate', 'queueMicrotask',
  'structuredClone', 'XMLHttpRequest', 'importScripts', 'Worker', 'gc', 'd8', 'ivm', '$0', '$1', 'Deno', 'Bun', 'performance',
  'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'navigator', 'MessageChannel'];
return names.filter((name) => name in globalThis || typeof globalThis[name] !== 'undefined');
