// expect: SCRIPT_ERROR, RESULT_NOT_SERIALIZABLE
let x = {};
for (let i = 0; i < 200_000; i++) x = { x };
return x;
