// expect: SCRIPT_ERROR
// name: RangeError
let proxy = {};
for (let i = 0; i < 1e5; i++) proxy = new Proxy(proxy, {});
return proxy.x;
