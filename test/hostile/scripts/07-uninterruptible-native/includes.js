// expect: SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=50
return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);
