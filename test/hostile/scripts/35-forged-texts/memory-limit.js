// expect: UNHANDLED_REJECTION
// message: Isolate was disposed during execution due to memory limit
Promise.reject(new Error('Isolate was disposed during execution due to memory limit'));
await callTool('slow');
