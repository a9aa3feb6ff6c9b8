// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
const list = [];
list[2 ** 32 - 2] = 1;
list.copyWithin(0, 1);
for (;;) list.reverse();
