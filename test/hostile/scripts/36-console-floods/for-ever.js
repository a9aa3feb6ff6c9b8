// expect: CPU_TIMEOUT
for (;;) console.log('flood');
