// expect: ok
// The embedding process must parse what the worker could write, and not fall over it.
let x = [];
for (let i = 0; i < 2_000; i++) x = [x];
return x;
