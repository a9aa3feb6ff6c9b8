// expect: CPU_TIMEOUT
return /^(a+)+$/.test(`${'a'.repeat(40)}b`);
