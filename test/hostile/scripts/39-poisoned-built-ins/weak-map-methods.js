// expect: TOOL_ERROR
WeakMap.prototype.get = () => undefined;
WeakMap.prototype.set = () => { throw 1; };
WeakMap.prototype.has = () => false;
await callTool('refuse');
