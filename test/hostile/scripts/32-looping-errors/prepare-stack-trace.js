// expect: CPU_TIMEOUT
Error.prepareStackTrace = () => {
  for (;;);
};
throw new Error('x');
