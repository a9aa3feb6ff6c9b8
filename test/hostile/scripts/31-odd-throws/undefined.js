// expect: SCRIPT_ERROR
throw undefined;
