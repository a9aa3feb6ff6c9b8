// expect: ok
// value: 5
// logs: unhandled rejection: lost
Promise.reject(new Error('lost'));
return 5;
