// expect: TOOL_CALL_LIMIT
// limits: maxToolCalls=3
for (let i = 0; i < 10; i++) {
  try {
    await callTool('echo', i);
  } catch {}
}
return 'went on';
