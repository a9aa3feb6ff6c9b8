// expect: ok
// value: null
// What stands outside the function is still the script's own realm.
})
globalThis.escaped = 1;
(async () => {
