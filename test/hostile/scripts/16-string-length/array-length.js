// expect: SCRIPT_ERROR
// name: RangeError
return new Array(-1);
