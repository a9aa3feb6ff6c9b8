// expect: RESULT_NOT_SERIALIZABLE
const a = {};
a.a = a;
return a;
