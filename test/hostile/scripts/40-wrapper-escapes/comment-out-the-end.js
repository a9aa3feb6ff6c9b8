// expect: SYNTAX_ERROR
return 1 /*
