// expect: ok
// truncated: yes
// value: "done"
// limits: cpuMs=5000
for (let i = 0; i < 200_000; i++) console.log();
return 'done';
