// expect: CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=50
let n = 3n;
for (;;) n *= n;
