// expect: CPU_TIMEOUT
// logs: before
console.log('before');
do {} while (true);
