// expect: ok
// value: {"a": 1}
JSON.stringify = () => '"forged"';
JSON.parse = () => 'forged';
return callTool('echo', { a: 1 });
