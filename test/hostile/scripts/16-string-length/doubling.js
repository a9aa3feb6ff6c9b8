// expect: SCRIPT_ERROR
// name: RangeError
let text = 'x';
for (;;) text += text;
