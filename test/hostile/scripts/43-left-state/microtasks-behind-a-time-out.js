// expect: CPU_TIMEOUT
// What was queued when the time was up must not run at the cost of the next execution.
Promise.resolve().then(() => {
  for (;;);
});
for (;;);
