// expect: CPU_TIMEOUT
// limits: cpuMs=60 maxToolCalls=100000 wallMs=30000
// Each entry is short; only their sum is over the limit.
for (;;) {
  await callTool('echo', 1);
  for (let i = 0; i < 200_000; i++);
}
