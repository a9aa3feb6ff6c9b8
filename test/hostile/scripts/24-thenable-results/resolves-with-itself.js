// expect: CPU_TIMEOUT
const self = { then: (resolve) => resolve(self) };
return self;
