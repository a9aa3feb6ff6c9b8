// expect: MEMORY_LIMIT, CPU_TIMEOUT
// limits: cpuMs=40000 memoryMb=16
const list = [];
for (;;) list.push(class {});
