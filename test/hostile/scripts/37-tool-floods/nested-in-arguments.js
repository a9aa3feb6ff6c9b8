// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=5 cpuMs=5000
const nest = (depth) => ({
  toJSON() {
    for (let i = 0; i < 3; i++) callTool('echo', depth > 0 ? nest(depth - 1) : i);
    return depth;
  },
});
await callTool('echo', nest(3));
