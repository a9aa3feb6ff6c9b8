// expect: TOOL_ERROR
// message: name of a tool
return callTool('t'.repeat(1e6), {});
