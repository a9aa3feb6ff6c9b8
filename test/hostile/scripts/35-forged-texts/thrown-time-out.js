// expect: SCRIPT_ERROR
// message: Script execution timed out.
throw new Error('Script execution timed out.');
