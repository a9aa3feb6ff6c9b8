// expect: UNHANDLED_REJECTION
// Only the call's own promise is excused, not what the script makes of it.
callTool('refuse').then((x) => x);
await callTool('slow');
await callTool('slow');
