// expect: TOOL_ERROR
// message: name of a tool
return callTool({ toString: () => 'echo', length: 4 }, {});
