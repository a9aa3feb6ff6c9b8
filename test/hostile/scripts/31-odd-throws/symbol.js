// expect: SCRIPT_ERROR
throw Symbol('odd');
