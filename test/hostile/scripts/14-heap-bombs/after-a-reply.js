// expect: MEMORY_LIMIT
// limits: cpuMs=40000 memoryMb=16
await callTool('echo', 1);
const list = [];
for (;;) list.push([{}]);
