// expect: UNHANDLED_REJECTION
const outer = new Error('outer');
outer.message = outer.stack;
Promise.reject(outer);
await callTool('slow');
