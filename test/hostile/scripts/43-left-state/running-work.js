// expect: ok
// value: 1
// Continuations that are still to come when the outcome is known.
(async () => {
  await callTool('slow');
  console.log('from beyond');
  globalThis.left = 1;
})();
callTool('hang').finally(() => console.log('from beyond'));
return 1;
