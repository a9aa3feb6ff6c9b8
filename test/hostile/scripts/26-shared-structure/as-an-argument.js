// expect: CPU_TIMEOUT
let x = [0];
for (let i = 0; i < 30; i++) x = [x, x];
return callTool('echo', x);
