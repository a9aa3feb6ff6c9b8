// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=200
return JSON.parse(`[${'[],'.repeat(2e7)}0]`).length;
