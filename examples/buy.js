const { cents } = await callTool('getPrice', { fruit: 'apple' });
const { id } = await callTool('order', { fruit: 'apple', count: 3 });
return { id, total: 3 * cents };
