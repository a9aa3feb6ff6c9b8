// expect: SCRIPT_ERROR
throw new Error('short', { cause: 'c'.repeat(2e7) });
