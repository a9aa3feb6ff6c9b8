// expect: TOOL_ERROR
// message: not today
await callTool('refuse');
