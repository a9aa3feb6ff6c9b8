// expect: CPU_TIMEOUT
return {
  toJSON() {
    for (;;);
  },
};
