// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=200
let text = 'x';
for (let i = 0; i < 27; i++) text += text;
return text.split('').length;
