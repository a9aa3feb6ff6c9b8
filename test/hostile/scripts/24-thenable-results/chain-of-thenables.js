// expect: CPU_TIMEOUT
const wrap = () => ({ then: (resolve) => resolve(wrap()) });
return wrap();
