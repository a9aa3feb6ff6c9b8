// expect: ok
// value: [1, [2, 3]]
// A call that is made while the arguments of another one are written must not overtake it.
const inner = [];
const outer = await callTool('echo', {
  toJSON() {
    inner.push(callTool('echo', 2), callTool('echo', 3));
    return 1;
  },
});
return [outer, await Promise.all(inner)];
