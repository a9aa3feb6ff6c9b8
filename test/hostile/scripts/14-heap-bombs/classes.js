// expect: MEMORY_LIMIT, CPU_TIMEOUT
// limits: cpuMs=10000 memoryMb=16
const list = [];
for (;;) list.push(class {});
