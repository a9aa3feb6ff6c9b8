// expect: ok
// value: [1, 2]
for (const name of Object.getOwnPropertyNames(Array.prototype))
  if (name !== 'length' && name !== 'constructor') Array.prototype[name] = () => 'forged';
Array.prototype[Symbol.iterator] = function* () {
  yield 'forged';
};
console.log('a', 'b');
return callTool('echo', [1, 2]);
