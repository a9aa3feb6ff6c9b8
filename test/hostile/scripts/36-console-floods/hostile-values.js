// expect: ok
// value: "logged"
const raise = () => {
  throw 1;
};
console.log(new Proxy({}, { get: raise, ownKeys: raise }), Symbol('s'), 1n, null, undefined, () => 1, Object.create(null));
console.error({ toJSON: raise }, { toString: raise }, new Proxy(() => {}, { get: raise }));
return 'logged';
