// expect: CPU_TIMEOUT
// limits: memoryMb=32
const list = new Array(1_000_000).fill(0.5);
for (;;) list.includes(7);
