// expect: ok
// value: ["undefined", true]
const global = console.log.constructor('return this')();
return [typeof global.process, Object.getPrototypeOf(console) === Object.prototype];
