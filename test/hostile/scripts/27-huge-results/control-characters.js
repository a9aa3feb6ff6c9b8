// expect: RESULT_TOO_LARGE
// Six times as long once it is written as JSON.
return '\u0000'.repeat(300_000);
