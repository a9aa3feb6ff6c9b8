// expect: CPU_TIMEOUT, SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// The engine reads the message of an unhandled rejection outside any time-out.
Promise.reject({ get message() { for (;;); } });
