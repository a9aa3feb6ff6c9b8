// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=5000
const list = [];
for (let i = 0; ; i++) list.push(String(i).padStart(2 ** 22, 'é').normalize('NFD'));
