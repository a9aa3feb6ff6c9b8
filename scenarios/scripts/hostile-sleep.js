// Waits for a tool that takes longer than the execution may.
await callTool('stall', {});
