// expect: ok
// value: false
// The guard captured what it calls before the script could replace it.
Reflect.construct = (target, [length]) => new target(length, { maxByteLength: 2 ** 31 });
Array.prototype[1] = { maxByteLength: 2 ** 31 };
return new ArrayBuffer(8).resizable;
