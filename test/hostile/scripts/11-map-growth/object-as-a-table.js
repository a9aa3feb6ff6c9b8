// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=5000
// The table of an object's properties doubles like that of a Map.
const table = {};
for (let i = 0; ; i++) table[Symbol(`key${i}`)] = `value ${i}`;
