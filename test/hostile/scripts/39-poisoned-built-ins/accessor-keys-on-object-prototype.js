// expect: ok
// value: ["E_REFUSED", 4]
// A getter called `get` makes an accessor of every property description that inherits from it.
Object.prototype.get = () => 'forged';
const error = await callTool('refuse').catch((e) => e);
return [error.code, await callTool('echo', 4)];
