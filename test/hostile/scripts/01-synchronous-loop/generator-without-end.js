// expect: CPU_TIMEOUT
function* naturals() {
  for (let n = 0; ; n++) yield n;
}
let sum = 0;
for (const n of naturals()) sum += n;
return sum;
