// expect: MEMORY_LIMIT, CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=5000
const list = [];
for (let i = 0; ; i++) {
  const text = 'ab'.repeat(2 ** 20) + i;
  text.charCodeAt(text.length - 1);
  JSON.stringify(text);
  list.push(text.toUpperCase());
}
