// expect: CPU_TIMEOUT
// limits: cpuMs=150
const list = [];
for (;;) list.push(new Intl.Collator('zh', { usage: 'sort' }));
