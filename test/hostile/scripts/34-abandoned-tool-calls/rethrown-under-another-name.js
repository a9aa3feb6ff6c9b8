// expect: TOOL_ERROR
try {
  await callTool('refuse');
} catch (error) {
  error.name = 'Harmless';
  error.code = 'OK';
  throw error;
}
