// expect: RESULT_TOO_LARGE, MEMORY_LIMIT
// kills: host
// limits: cpuMs=5000
return 'x'.repeat(1e8);
