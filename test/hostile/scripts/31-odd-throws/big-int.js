// expect: SCRIPT_ERROR
// message: 12n
throw 12n;
