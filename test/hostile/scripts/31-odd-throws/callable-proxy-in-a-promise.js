// expect: SCRIPT_ERROR
await Promise.reject(new Proxy(() => {}, { apply() { throw 1; }, get() { throw 2; } }));
