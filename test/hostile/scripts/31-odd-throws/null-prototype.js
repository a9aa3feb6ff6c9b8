// expect: SCRIPT_ERROR
throw Object.create(null);
