// expect: ok
// value: 1
callTool('refuse');
return 1;
