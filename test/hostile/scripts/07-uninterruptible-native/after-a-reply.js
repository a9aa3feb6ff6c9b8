// expect: SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=50
await callTool('echo', 1);
return Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1);
