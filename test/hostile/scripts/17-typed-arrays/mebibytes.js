// expect: SCRIPT_ERROR, MEMORY_LIMIT
// limits: cpuMs=5000
const list = [];
for (;;) list.push(new Uint8Array(2 ** 20));
