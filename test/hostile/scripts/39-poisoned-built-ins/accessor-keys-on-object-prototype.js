// expect: ok, TOOL_ERROR
// value: 4
// A getter called `get` makes every later property description an accessor's; no forged result may come of it.
Object.prototype.get = () => 'forged';
return callTool('echo', 4);
