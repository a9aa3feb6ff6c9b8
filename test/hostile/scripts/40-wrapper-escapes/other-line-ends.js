// expect: SCRIPT_ERROR
// message: behind a line separator
// replace: @@LS@@ U+2028 1
return 1; //@@LS@@}); throw new Error('behind a line separator'); (async () => {
