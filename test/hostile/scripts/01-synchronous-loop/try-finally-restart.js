// expect: CPU_TIMEOUT
// A terminated entry must not be resumed by `finally`.
function again() {
  try {
    for (;;);
  } finally {
    again();
  }
}
again();
