// expect: CPU_TIMEOUT
const list = Array.from({ length: 50_000 }, (_, i) => ({ i }));
for (;;) JSON.stringify(list);
