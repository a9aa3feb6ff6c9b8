// expect: ok
// truncated: yes
// value: "done"
// limits: cpuMs=5000
for (let i = 0; i < 20_000; i++) console[['debug', 'log', 'info', 'warn', 'error'][i % 5]]('line', i, { i });
return 'done';
