// expect: CPU_TIMEOUT
'a'.replace(/a/, () => {
  for (;;);
});
