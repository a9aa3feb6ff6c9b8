// expect: SCRIPT_ERROR, SYNTAX_ERROR
// limits: cpuMs=2000
eval('('.repeat(1e6));
