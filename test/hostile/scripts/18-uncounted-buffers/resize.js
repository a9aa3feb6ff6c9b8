// expect: SCRIPT_ERROR
// name: TypeError
new ArrayBuffer(8, { maxByteLength: 2 ** 31 }).resize(2 ** 31);
