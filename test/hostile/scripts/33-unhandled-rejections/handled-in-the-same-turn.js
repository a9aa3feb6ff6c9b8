// expect: ok
// value: "late"
const lost = Promise.reject(new Error('late'));
await null;
await null;
return lost.catch((error) => error.message);
