// Floor cost of an execution: a little arithmetic and text, no tools.
const words = ['pool', 'isolate', 'queue', 'tail'];
let total = 0;
for (let i = 0; i < 100; i++) total += words[i % words.length].length * i;
return { total, text: words.join('-').toUpperCase() };
