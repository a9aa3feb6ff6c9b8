// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=5 cpuMs=5000
for (;;) await callTool('', 1).catch(() => 0);
