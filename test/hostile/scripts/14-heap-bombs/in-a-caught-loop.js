// expect: MEMORY_LIMIT
// limits: cpuMs=40000 memoryMb=16
const list = [];
for (;;) {
  try {
    list.push({});
  } catch {
    list.push(1);
  } finally {
    list.push([]);
  }
}
