// expect: SCRIPT_ERROR
}); (() => { return { then(resolve) { resolve('not a promise'); } };
