// expect: CPU_TIMEOUT, MEMORY_LIMIT
// limits: cpuMs=300
const list = [];
for (;;) {
  try {
    list.push(new Uint8Array(2 ** 20));
  } catch {
    list.push(null);
  }
}
