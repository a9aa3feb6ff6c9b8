// expect: CPU_TIMEOUT
return {
  get value() {
    for (;;);
  },
};
