// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=100 cpuMs=5000
const list = [];
for (;;) list.push(callTool('echo', 1));
