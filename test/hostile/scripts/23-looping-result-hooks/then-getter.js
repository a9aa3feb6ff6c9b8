// expect: CPU_TIMEOUT
return {
  get then() {
    for (;;);
  },
};
