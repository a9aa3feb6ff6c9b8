// expect: CPU_TIMEOUT
// Termination is no exception that a script could catch.
for (;;) {
  try {
    for (;;);
  } catch {
    continue;
  }
}
