// expect: SCRIPT_ERROR, MEMORY_LIMIT
// limits: cpuMs=10000 memoryMb=16
const list = [];
for (;;) list.push(new Uint8Array(64));
