// expect: TOOL_ERROR
let x = [];
for (let i = 0; i < 200_000; i++) x = [x];
return callTool('echo', x);
