// expect: CPU_TIMEOUT
await callTool('echo', 1);
for (;;) await null;
