// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=10 cpuMs=5000
return { get x() { for (;;) callTool('echo', 1); } };
