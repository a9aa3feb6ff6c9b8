// expect: CPU_TIMEOUT
return new Proxy({}, { ownKeys: () => { for (;;); } });
