// expect: SYNTAX_ERROR
const x: = 1;
