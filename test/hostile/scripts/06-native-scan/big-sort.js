// expect: CPU_TIMEOUT
const list = Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 200_003);
for (;;) list.toSorted();
