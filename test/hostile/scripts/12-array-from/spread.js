// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=1000
function* endless() {
  for (;;) yield [];
}
return [...endless()].length;
