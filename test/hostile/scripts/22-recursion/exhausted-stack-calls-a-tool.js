// expect: ok
// value: 1
// limits: cpuMs=5000
// The prelude runs out of stack in every possible place; the pool's promises must survive it.
function dive() {
  try {
    dive();
  } catch {
    try {
      callTool('echo', { deep: 1 }).then(() => {}, () => {});
      console.log('deep');
    } catch {}
  }
}
for (let i = 0; i < 5; i++) dive();
return (await callTool('echo', [1]))[0];
