// expect: RESULT_TOO_LARGE
// limits: maxResultBytes=1000
return 'x'.repeat(999);
