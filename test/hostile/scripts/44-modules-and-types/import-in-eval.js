// expect: SCRIPT_ERROR
await eval("import('node:child_process')");
