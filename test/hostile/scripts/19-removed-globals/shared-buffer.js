// expect: SCRIPT_ERROR
// name: ReferenceError
return new SharedArrayBuffer(8, { maxByteLength: 2 ** 31 });
