// expect: CPU_TIMEOUT
return +{
  valueOf() {
    for (;;);
  },
};
