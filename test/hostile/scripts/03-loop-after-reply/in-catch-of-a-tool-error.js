// expect: CPU_TIMEOUT
try {
  await callTool('refuse');
} catch {
  for (;;);
}
