// expect: SCRIPT_ERROR
}); const odd = new Proxy(Promise.resolve(1), { get() { throw 1; }, defineProperty: () => true });
(() => { return odd;
