// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=0
await callTool('echo', 1);
