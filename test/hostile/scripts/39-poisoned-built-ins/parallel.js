// expect: ok
// value: [2, 4]
Promise.all = () => 'forged';
Array.from = () => ['forged'];
Array.isArray = () => false;
Math.min = () => -1;
return parallel([1, 2], async (n) => (await callTool('echo', n)) * 2);
