// expect: TOOL_ARGS_TOO_LARGE
// A limit is final even if the script catches what the call throws.
try {
  await callTool('echo', 'x'.repeat(2e6));
} catch {}
return 'went on';
