// expect: CPU_TIMEOUT
[2, 1].sort(() => {
  for (;;);
});
