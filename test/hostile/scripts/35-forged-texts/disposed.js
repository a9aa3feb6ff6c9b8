// expect: UNHANDLED_REJECTION
Promise.reject(new Error('Isolate is already disposed'));
await callTool('slow');
