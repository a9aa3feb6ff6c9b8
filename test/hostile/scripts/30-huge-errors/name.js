// expect: SCRIPT_ERROR
throw Object.assign(new Error('short'), { name: 'N'.repeat(2e7) });
