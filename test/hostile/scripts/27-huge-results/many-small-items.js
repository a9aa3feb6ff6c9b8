// expect: RESULT_TOO_LARGE
return new Array(600_000).fill(1);
