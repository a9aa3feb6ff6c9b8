// expect: CPU_TIMEOUT
// limits: cpuMs=150
const list = [];
const text = 'ก่อนหน้า '.repeat(500);
for (;;) list.push([...new Intl.Segmenter('th', { granularity: 'word' }).segment(text)].length);
