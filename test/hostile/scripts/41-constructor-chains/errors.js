// expect: ok
// value: [true, true, "undefined"]
const error = await callTool('refuse').catch((e) => e);
const Maker = error.constructor.constructor;
return [error instanceof Error, Maker === Function, typeof Maker('return this')().process];
