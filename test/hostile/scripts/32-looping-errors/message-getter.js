// expect: CPU_TIMEOUT
throw {
  get message() {
    for (;;);
  },
};
