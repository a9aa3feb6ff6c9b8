// expect: ok
// value: ["undefined", "undefined", true]
const Maker = callTool.constructor;
const global = Maker('return this')();
return [typeof global.process, typeof global.require, global === globalThis];
