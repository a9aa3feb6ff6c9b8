// expect: SCRIPT_ERROR
// name: TypeError
ArrayBuffer.prototype.resize.call(new ArrayBuffer(8), 2 ** 30);
