// expect: SCRIPT_ERROR
// name: RangeError
return 2n ** (2n ** 60n);
