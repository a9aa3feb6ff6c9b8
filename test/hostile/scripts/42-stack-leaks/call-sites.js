// expect: ok
// value: [0, []]
// Call sites of the structured stack: no functions, no receivers, no place outside the script.
Error.prepareStackTrace = (_, sites) => sites;
const sites = [];
const collect = (error) => {
  if (Array.isArray(error.stack)) sites.push(...error.stack);
};
collect(new Error('own'));
collect(await callTool('refuse').catch((e) => e));
const give = { toJSON() { collect(new Error('inside stringify')); return 1; } };
await callTool('echo', give);
let functions = 0;
const names = [];
for (const site of sites) {
  if (typeof site.getFunction() === 'function' && site.getFunction() !== collect) functions++;
  const name = String(site.getFileName() ?? site.getScriptNameOrSourceURL?.() ?? '');
  if (/[\\/]|node:/.test(name)) names.push(name);
}
return [functions, names];
