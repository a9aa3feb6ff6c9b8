// expect: MEMORY_LIMIT
// limits: cpuMs=40000 memoryMb=16
const list = [];
const silent = new Promise(() => {});
for (;;)
  list.push(
    (async () => {
      const local = [1, 2, 3];
      await silent;
      return local;
    })(),
  );
