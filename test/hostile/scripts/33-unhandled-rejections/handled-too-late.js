// expect: UNHANDLED_REJECTION
const lost = Promise.reject(new Error('late'));
await callTool('slow');
await lost.catch(() => 1);
