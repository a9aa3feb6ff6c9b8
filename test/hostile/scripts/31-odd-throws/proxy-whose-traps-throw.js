// expect: SCRIPT_ERROR
const raise = () => {
  throw new Error('trap');
};
throw new Proxy({}, { get: raise, has: raise, ownKeys: raise, getPrototypeOf: raise, getOwnPropertyDescriptor: raise });
