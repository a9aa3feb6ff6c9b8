// expect: SCRIPT_ERROR
throw 'y'.repeat(2e7);
