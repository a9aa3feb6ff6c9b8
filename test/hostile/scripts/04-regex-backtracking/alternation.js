// expect: CPU_TIMEOUT
return /^(a|a)*$/.test(`${'a'.repeat(50)}b`);
