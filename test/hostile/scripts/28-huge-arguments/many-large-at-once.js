// expect: ok, MEMORY_LIMIT
// value: 40
// Each fits its own limit; together they must wait inside the script instead of filling the pipe.
const text = 'y'.repeat(500_000);
const sent = Array.from({ length: 40 }, () => callTool('length', text));
return (await Promise.all(sent)).filter((n) => n === 500_000).length;
