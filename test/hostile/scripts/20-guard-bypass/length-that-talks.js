// expect: ok
// value: [false, 4]
const length = { maxByteLength: 2 ** 31, valueOf: () => 4 };
const buffer = new ArrayBuffer(length, length);
return [buffer.resizable, buffer.byteLength];
