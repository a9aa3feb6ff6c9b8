// expect: ok
// args: {"list": [1]}
// value: [1, 2]
args.list.push(2);
Object.defineProperty(globalThis, 'args', { get: () => 'left' });
return (0, eval)('1'), [1, 2];
