// expect: SCRIPT_ERROR
// name: ReferenceError
Atomics.wait(new Int32Array(4), 0, 0);
