// expect: ok
// value: "echoed"
let x = [];
for (let i = 0; i < 2_000; i++) x = [x];
return callTool('echo', x).then(() => 'echoed');
