// expect: CPU_TIMEOUT
throw Object.defineProperty(new Error('x'), 'name', { get() { for (;;); } });
