// expect: SCRIPT_ERROR
throw new Error('x'.repeat(2e7));
