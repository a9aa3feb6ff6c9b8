// A fresh process: runs the one text it is sent and sends the result.
process.on('disconnect', () => process.exit());
process.once('message', async (source) => {
  const body: unknown = new Function(`return (async () => {${String(source)}\n})()`);
  if (typeof body === 'function') process.send?.(await body());
});
