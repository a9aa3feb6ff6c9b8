// expect: CPU_TIMEOUT
async function ping() {
  for (;;) await Promise.resolve(1);
}
await Promise.race([ping(), ping()]);
