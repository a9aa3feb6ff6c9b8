// expect: CPU_TIMEOUT
Error.prepareStackTrace = () => {
  for (;;);
};
await callTool('refuse');
