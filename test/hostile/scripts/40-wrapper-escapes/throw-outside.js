// expect: SCRIPT_ERROR
// message: outside
}); throw new Error('outside'); (async () => {
