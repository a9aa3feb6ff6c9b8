// expect: ok
// value: 9
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) {
    Object.freeze(value);
    if (value.prototype) Object.freeze(value.prototype);
  }
}
Object.freeze(globalThis);
return callTool('echo', 9);
