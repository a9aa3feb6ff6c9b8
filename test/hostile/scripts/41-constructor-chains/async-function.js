// expect: ok
// value: ["undefined", "undefined", "undefined"]
const kinds = [async () => {}, function* () {}, async function* () {}];
const seen = [];
for (const kind of kinds) {
  const made = kind.constructor('yield' in {} ? '' : 'return typeof process')();
  const value = await (typeof made.next === 'function' ? made.next() : made);
  seen.push(value?.value ?? value);
}
return seen;
