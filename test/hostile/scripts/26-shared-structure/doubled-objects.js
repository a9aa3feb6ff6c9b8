// expect: CPU_TIMEOUT
let x = { leaf: 1 };
for (let i = 0; i < 30; i++) x = { left: x, right: x };
return x;
