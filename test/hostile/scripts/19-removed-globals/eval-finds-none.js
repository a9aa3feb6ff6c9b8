// expect: ok
// value: "undefined undefined undefined"
const global = (0, eval)('this');
return `${typeof global.WebAssembly} ${new Function('return typeof SharedArrayBuffer')()} ${typeof global.process}`;
