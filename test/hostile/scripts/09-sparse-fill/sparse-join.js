// expect: SCRIPT_ERROR, MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
new Array(2 ** 32 - 1).join('xxxx');
