// expect: CPU_TIMEOUT
await callTool('echo', 1);
Promise.resolve().then(() => {
  globalThis.left = 1;
  for (;;) console.log('left');
});
for (;;);
