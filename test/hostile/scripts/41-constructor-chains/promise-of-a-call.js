// expect: ok
// value: [true, true]
const promise = callTool('echo', 1);
return [promise instanceof Promise, Object.getPrototypeOf(promise) === Promise.prototype];
