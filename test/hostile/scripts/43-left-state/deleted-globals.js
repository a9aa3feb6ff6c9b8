// expect: ok
// value: 1
for (const name of ['Object', 'Array', 'JSON', 'Promise', 'Error', 'callTool', 'console', 'args', 'parallel', 'eval'])
  delete globalThis[name];
return 1;
