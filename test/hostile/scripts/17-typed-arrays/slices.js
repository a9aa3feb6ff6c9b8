// expect: SCRIPT_ERROR, MEMORY_LIMIT
// limits: cpuMs=5000
const buffer = new ArrayBuffer(2 ** 20);
const list = [];
for (;;) list.push(buffer.slice(0));
