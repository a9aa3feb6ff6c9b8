// expect: CPU_TIMEOUT
for (;;) await null;
