// expect: ok
// value: 1
for (const holder of [Object, Array, Function, Promise, JSON, Math, Reflect, Error, String]) {
  Object.freeze(holder);
  if (holder.prototype) Object.freeze(holder.prototype);
}
Object.preventExtensions(globalThis);
return 1;
