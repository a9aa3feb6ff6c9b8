// expect: CPU_TIMEOUT
throw { get constructor() { for (;;); } };
