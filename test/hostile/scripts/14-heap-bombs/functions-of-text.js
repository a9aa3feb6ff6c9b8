// expect: MEMORY_LIMIT, CPU_TIMEOUT
// limits: cpuMs=500 memoryMb=16
const list = [];
for (let i = 0; ; i++) list.push(new Function(`return ${i}`));
