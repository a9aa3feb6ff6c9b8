// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=5000
let text = '{"k":0';
for (let i = 0; i < 2e6; i++) text += `,"k${i}":[]`;
return Object.keys(JSON.parse(`${text}}`)).length;
