// expect: SCRIPT_ERROR
// name: ReferenceError
structuredClone(new ArrayBuffer(8));
