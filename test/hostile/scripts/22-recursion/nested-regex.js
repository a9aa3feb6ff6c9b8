// expect: SCRIPT_ERROR
// limits: cpuMs=2000
return new RegExp('('.repeat(1e5) + ')'.repeat(1e5));
