// expect: ok
// value: "first"
// The resolvers outlive the outcome and are called again from everywhere.
let kept;
const result = { then: (resolve) => { kept = resolve; resolve('first'); } };
Promise.resolve().then(() => kept('second')).then(() => kept(Promise.reject(1)));
return result;
