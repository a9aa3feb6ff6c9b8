// expect: SCRIPT_ERROR
return new Float64Array(2 ** 30).length;
