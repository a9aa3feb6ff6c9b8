// expect: SCRIPT_ERROR
Error.stackTraceLimit = Infinity;
const deeper = (n) => {
  if (n === 0) throw new Error('deep');
  deeper(n - 1);
};
deeper(2_000);
