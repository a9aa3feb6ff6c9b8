// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=0
// Even the error of a final limit belongs to the script's own realm.
try {
  callTool('echo', 1);
} catch (error) {
  const { process } = error.constructor.constructor('return this')();
  if (process !== undefined) return process.env;
}
