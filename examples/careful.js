try {
  return await callTool('getPrice', { fruit: 'melon' });
} catch (error) {
  return { name: error.name, code: error.code, message: error.message };
}
