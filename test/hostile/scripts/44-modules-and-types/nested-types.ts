// expect: SYNTAX_ERROR
// replace: @@OPEN@@ U+0028 100000
// replace: @@CLOSE@@ U+0029 100000
const x: number = @@OPEN@@1@@CLOSE@@;
return x;
