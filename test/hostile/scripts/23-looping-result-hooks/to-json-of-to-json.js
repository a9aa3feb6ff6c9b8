// expect: RESULT_NOT_SERIALIZABLE
const nest = () => ({ toJSON: () => [nest()] });
return nest();
