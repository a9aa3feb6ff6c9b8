// expect: TOOL_ERROR
// limits: toolTimeoutMs=20
// tool-code: TIMEOUT
await callTool('hang');
