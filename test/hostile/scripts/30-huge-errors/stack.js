// expect: SCRIPT_ERROR
throw Object.assign(new Error('short'), { stack: `Error: short\n${'    at f (script.js:1:1)\n'.repeat(100_000)}` });
