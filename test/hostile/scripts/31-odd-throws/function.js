// expect: SCRIPT_ERROR
throw class Odd {};
