// expect: ok
// value: ["TypeError", "TypeError"]
// The functions of the prelude are strict: no caller, no arguments.
const seen = [];
try {
  (function () { return arguments.callee; })();
} catch (error) {
  seen.push(error.name);
}
try {
  void callTool.caller;
  seen.push('TypeError');
} catch (error) {
  seen.push(error.name);
}
return seen;
