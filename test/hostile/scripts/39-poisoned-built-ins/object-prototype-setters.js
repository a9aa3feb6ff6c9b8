// expect: ok
// value: {"b": 2}
const names = ['then', 'id', 'tool', 'json', 'resolve', 'reject', 'site', 'next', 'get', 'set', 'value', 'writable', 'configurable',
  'enumerable', 'timeout', 'result', 'reference', 'copy', 'arguments', 'concurrency', 'stack', 'code', 'toJSON'];
for (const name of names)
  if (name !== 'toJSON' && name !== 'get' && name !== 'set')
    Object.defineProperty(Object.prototype, name, {
      __proto__: null,
      configurable: true,
      get: () => undefined,
      set() {
        throw new Error(`set ${name}`);
      },
    });
return callTool('echo', { b: 2 });
