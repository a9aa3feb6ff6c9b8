// expect: CPU_TIMEOUT
const hay = 'ab'.repeat(200_000);
for (;;) hay.indexOf('aba'.repeat(50));
