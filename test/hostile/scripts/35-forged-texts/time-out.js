// expect: UNHANDLED_REJECTION
// message: Script execution timed out.
Promise.reject(new Error('Script execution timed out.'));
await callTool('slow');
