// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=3000
// The table doubles in one allocation that V8 cannot refuse; the watch over resident memory may come first.
const map = new Map();
for (let i = 0; ; i++) map.set(i, i);
