// expect: CPU_TIMEOUT
return /^(.*)+\1x$/s.test('ab'.repeat(60));
