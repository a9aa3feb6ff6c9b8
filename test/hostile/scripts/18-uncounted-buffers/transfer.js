// expect: SCRIPT_ERROR
// name: TypeError
new ArrayBuffer(8).transfer(2 ** 31);
