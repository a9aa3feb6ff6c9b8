// expect: ok
// value: null
return Symbol('gone');
