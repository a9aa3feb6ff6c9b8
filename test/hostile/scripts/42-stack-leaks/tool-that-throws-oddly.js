// expect: ok
// value: ["TOOL_FAILED", "TOOL_FAILED", "TOOL_FAILED"]
const codes = [];
for (const kind of ['null', 'text', 'hostile']) codes.push((await callTool('throw', kind).catch((e) => e)).code);
return codes;
