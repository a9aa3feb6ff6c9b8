// expect: ok
// value: 3
for (let i = 0; i < 5; i++)
  Object.defineProperty(Array.prototype, i, { set() { throw new Error('set'); }, get: () => 'forged', configurable: true });
console.log('x');
return callTool('echo', 3);
