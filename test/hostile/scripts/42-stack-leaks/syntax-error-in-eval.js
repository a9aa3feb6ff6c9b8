// expect: ok
// value-pattern: SyntaxError
try {
  eval('let 1 = 2');
} catch (error) {
  return error.stack;
}
