// expect: MEMORY_LIMIT
// limits: cpuMs=40000 memoryMb=16
const list = [];
for (;;) list.push(new Promise(() => {}));
