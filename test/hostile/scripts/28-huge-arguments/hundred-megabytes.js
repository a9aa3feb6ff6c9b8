// expect: TOOL_ARGS_TOO_LARGE, MEMORY_LIMIT
// kills: host
// limits: cpuMs=5000
return callTool('echo', 'x'.repeat(1e8));
