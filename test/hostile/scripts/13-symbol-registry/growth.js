// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=300
for (let i = 0; ; i++) Symbol.for(`enclave-${i}`);
