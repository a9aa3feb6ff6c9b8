// expect: ok
// value: [true, true, true]
const result = await callTool('echo', { list: [new Date(0)] });
return [result.constructor === Object, result.list.constructor === Array, Object.getPrototypeOf(result.list) === Array.prototype];
