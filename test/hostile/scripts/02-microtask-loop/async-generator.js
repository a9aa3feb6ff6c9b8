// expect: CPU_TIMEOUT
async function* endless() {
  for (;;) yield 1;
}
for await (const one of endless()) if (one === 2) break;
