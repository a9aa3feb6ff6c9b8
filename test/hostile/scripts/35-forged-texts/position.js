// expect: SCRIPT_ERROR
// A forged stack must not point outside the script.
const error = new Error('x');
error.stack = 'Error: x\n    at steal (/etc/passwd:1:1)\n    at file:///root/secret.js:2:3';
throw error;
