// expect: CPU_TIMEOUT
throw { toJSON() { for (;;); } };
