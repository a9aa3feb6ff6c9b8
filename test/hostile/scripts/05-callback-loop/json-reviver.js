// expect: CPU_TIMEOUT
JSON.parse('[1]', () => {
  for (;;);
});
