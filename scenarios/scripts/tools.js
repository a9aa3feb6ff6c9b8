// Two sequential tool calls: a user, then that user's orders.
const user = await callTool('getUser', { id: args.index % 1000 });
const orders = await callTool('listOrders', { user: user.id, limit: 10 });
return { user: user.id, orders: orders.items.length };
