// expect: SCRIPT_ERROR
// name: RangeError
return ''.padEnd(2 ** 31, 'abc');
