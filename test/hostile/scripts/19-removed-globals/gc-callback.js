// expect: SCRIPT_ERROR
// name: ReferenceError
new FinalizationRegistry(() => callTool('echo', 1));
