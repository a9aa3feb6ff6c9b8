// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=50 cpuMs=5000
const again = () => callTool('echo', 1).then(again);
await again();
