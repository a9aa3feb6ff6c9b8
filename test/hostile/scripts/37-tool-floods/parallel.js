// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=20 cpuMs=5000
await parallel(Array.from({ length: 1_000 }), () => callTool('echo', 1), { concurrency: 1e9 });
