// expect: ok
// truncated: yes
// value: 1
console.log('x'.repeat(5e6));
return 1;
