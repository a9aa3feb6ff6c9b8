// expect: ok, RESULT_NOT_SERIALIZABLE
// Somewhere here lies what the worker can write and the embedding process must still parse.
let x = [];
for (let i = 0; i < 6_000; i++) x = [x];
return x;
