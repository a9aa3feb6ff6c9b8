// expect: UNHANDLED_REJECTION
Promise.reject(Symbol('odd'));
Promise.reject(new Proxy({}, { get() { throw 1; } }));
Promise.reject(() => {});
await callTool('slow');
