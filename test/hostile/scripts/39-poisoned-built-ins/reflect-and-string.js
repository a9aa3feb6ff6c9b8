// expect: ok
// value: ["1", 2]
Reflect.apply = () => 'forged';
Reflect.defineProperty = () => false;
String.prototype.slice = () => 'forged';
String.prototype.indexOf = () => 7;
globalThis.String = () => 'forged';
globalThis.Error = class Forged {};
globalThis.WeakMap = undefined;
globalThis.Promise = class {};
console.log('x'.repeat(10));
return callTool('echo', ['1', 2]);
