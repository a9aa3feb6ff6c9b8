// expect: ok
// value-pattern: Error: own
const stacks = [new Error('own').stack];
try {
  null.x;
} catch (error) {
  stacks.push(error.stack);
}
stacks.push((await callTool('refuse').catch((e) => e)).stack);
stacks.push((await callTool('').catch((e) => e)).stack);
return stacks.join('\n');
