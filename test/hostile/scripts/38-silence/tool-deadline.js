// expect: TOOL_ERROR
// limits: toolTimeoutMs=20
// tool-code: TIMEOUT
return await callTool('hang', { until: 'the deadline of the call' });
