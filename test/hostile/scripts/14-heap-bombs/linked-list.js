// expect: MEMORY_LIMIT
// limits: cpuMs=40000 memoryMb=16
let head = null;
for (;;) head = { head, text: [1, 2, 3] };
