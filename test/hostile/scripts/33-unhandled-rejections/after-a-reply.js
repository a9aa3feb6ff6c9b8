// expect: UNHANDLED_REJECTION
// message: later
await callTool('echo', 1);
(async () => {
  throw new RangeError('later');
})();
await callTool('slow');
