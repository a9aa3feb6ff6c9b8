// expect: SCRIPT_ERROR
// message: constructor
// The language itself reads the constructor of a promise that is returned, so the script meets its own getter.
Object.defineProperty(Promise.prototype, 'constructor', { get() { throw new Error('constructor'); } });
Object.defineProperty(Promise, Symbol.species, { get() { throw new Error('species'); } });
Promise.resolve = Promise.all = Promise.race = () => 'forged';
return callTool('echo', 6);
