// expect: CPU_TIMEOUT
for (;;);
