// expect: ok
// value: 6
Object.defineProperty(Promise.prototype, 'constructor', { get() { throw new Error('constructor'); } });
Object.defineProperty(Promise, Symbol.species, { get() { throw new Error('species'); } });
Promise.resolve = Promise.all = Promise.race = () => 'forged';
return 6;
