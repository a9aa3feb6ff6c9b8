// Calls a tool until the limit of calls ends it.
for (let i = 0; ; i++) await callTool('tick', { i });
