// expect: SCRIPT_ERROR
// name: ReferenceError
return new WebAssembly.Memory({ initial: 16_384 }).buffer.byteLength;
