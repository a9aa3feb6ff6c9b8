// expect: TOOL_ARGS_TOO_LARGE
return callTool('echo', 'x'.repeat(2e6));
