// expect: SCRIPT_ERROR
throw null;
