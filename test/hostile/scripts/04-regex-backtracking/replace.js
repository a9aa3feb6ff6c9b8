// expect: CPU_TIMEOUT
return `${'x'.repeat(60)}!`.replace(/(x+x+)+y/g, '');
