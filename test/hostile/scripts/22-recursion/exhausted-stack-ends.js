// expect: ok, SCRIPT_ERROR
// value: 7
// The result is written with almost no stack left.
function dive(n) {
  try {
    return dive(n + 1);
  } catch {
    return { toJSON: () => 7 };
  }
}
return dive(0);
