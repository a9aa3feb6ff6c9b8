// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=1000
return Array.from({
  *[Symbol.iterator]() {
    for (;;) yield {};
  },
}).length;
