// expect: MEMORY_LIMIT
// limits: cpuMs=10000 memoryMb=16
await callTool('echo', 1);
const list = [];
for (;;) list.push([{}]);
