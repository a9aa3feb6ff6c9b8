// expect: CPU_TIMEOUT
const again = () => Promise.resolve().then(again);
await again();
