// expect: UNHANDLED_REJECTION
// This text is copied out by the engine, past the prelude.
Promise.reject(new Error('z'.repeat(5e6)));
await callTool('slow');
