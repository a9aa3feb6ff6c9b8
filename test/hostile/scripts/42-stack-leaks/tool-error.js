// expect: ok
// value: true
const error = await callTool('refuse').catch((e) => e);
return !/[\\/]src[\\/]|node_modules|node:|file:|worker/.test(error.stack);
