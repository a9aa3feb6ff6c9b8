// expect: ok
// value: 1
Error.stackTraceLimit = 0;
Error.prepareStackTrace = () => 'left';
Error.captureStackTrace = undefined;
return 1;
