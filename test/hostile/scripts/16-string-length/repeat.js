// expect: SCRIPT_ERROR
// name: RangeError
return 'x'.repeat(2 ** 30);
