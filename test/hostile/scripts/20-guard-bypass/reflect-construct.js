// expect: ok
// value: false
const buffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 2 ** 31 }], class {});
const isResizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable').get;
return isResizable.call(buffer);
