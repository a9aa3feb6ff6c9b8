// Five tool calls at a time: nearly all of the execution is waiting.
const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => callTool('fetchPage', { page })));
return pages.length;
