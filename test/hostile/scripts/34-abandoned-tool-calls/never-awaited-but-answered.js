// expect: ok
// value: 1
callTool('refuse');
await callTool('slow');
return 1;
