// expect: ok, CPU_TIMEOUT
// value: 1
// The result is known, and the same turn goes on for ever: either is right, a hang is not.
const again = () => Promise.resolve().then(again);
again();
return 1;
