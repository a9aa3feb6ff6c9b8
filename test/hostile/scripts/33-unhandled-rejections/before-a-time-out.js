// expect: CPU_TIMEOUT
// The rejection must not come up in whatever enters the isolate next.
Promise.reject(new Error('left over'));
for (;;);
