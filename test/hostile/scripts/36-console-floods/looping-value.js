// expect: CPU_TIMEOUT
console.log({ toJSON() { for (;;); } });
