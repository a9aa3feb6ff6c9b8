// expect: TOOL_ERROR
// message: cannot be written as JSON
await callTool('echo', 1n);
