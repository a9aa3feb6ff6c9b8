// expect: ok
// value: "E_REFUSED"
const call = callTool('refuse');
await callTool('slow');
return call.catch((error) => error.code);
