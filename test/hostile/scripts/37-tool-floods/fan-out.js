// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=200 cpuMs=5000
async function breed() {
  await callTool('echo', 1);
  await Promise.all([breed(), breed()]);
}
await breed();
