// expect: SCRIPT_ERROR
}); ({
