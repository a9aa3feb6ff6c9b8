// expect: ok, SYNTAX_ERROR
// value: 1
// replace: @@WIDE@@ U+007C 1
type Deep = { a: { b: { c: { d: { e: { f: { g: { h: Deep @@WIDE@@ null } } } } } } } };
const deep: Deep = null as unknown as Deep;
return deep === null ? 1 : 2;
