// expect: RESULT_TOO_LARGE
return 'x'.repeat(1e7);
