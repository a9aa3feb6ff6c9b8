// expect: SCRIPT_ERROR
// The script names itself after a file of the host.
throw new Error('named');
//# sourceURL=/etc/passwd
