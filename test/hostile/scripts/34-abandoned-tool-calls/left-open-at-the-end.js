// expect: ok
// value: 2
callTool('hang');
callTool('hang');
return 2;
