// expect: CPU_TIMEOUT
Object.keys(
  new Proxy(
    {},
    {
      ownKeys() {
        for (;;);
      },
    },
  ),
);
