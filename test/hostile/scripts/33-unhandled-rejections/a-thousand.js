// expect: UNHANDLED_REJECTION
for (let i = 0; i < 1_000; i++) Promise.reject(i);
await callTool('slow');
