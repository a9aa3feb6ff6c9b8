// expect: ok
// value: "taken"
let x = [];
for (let i = 0; i < 2_000; i++) x = [x];
return callTool('swallow', x);
