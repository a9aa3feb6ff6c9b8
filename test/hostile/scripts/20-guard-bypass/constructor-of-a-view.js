// expect: ok
// value: [false, 8]
const Original = new Uint8Array(1).buffer.constructor;
const buffer = new Original(8, { maxByteLength: 2 ** 31 });
return [buffer.resizable, buffer.maxByteLength];
