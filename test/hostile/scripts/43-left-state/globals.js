// expect: ok
// value: 1
globalThis.left = 1;
var alsoLeft = 2;
(0, eval)('var evaluated = 3; let lexical = 4; const fixed = 5; function leftFunction() {}; class LeftClass {}');
return 1;
