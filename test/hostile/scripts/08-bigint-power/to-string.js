// expect: SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=50 memoryMb=64
return (2n ** (2n ** 28n)).toString();
