// expect: UNHANDLED_REJECTION
// message: lost
Promise.reject(new Error('lost'));
await callTool('slow');
return 5;
