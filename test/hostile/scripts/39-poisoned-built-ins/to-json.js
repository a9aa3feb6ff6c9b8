// expect: ok
// value: "forged by the script itself"
// toJSON is the script's own way to say how its value is written.
Object.prototype.toJSON = () => 'forged by the script itself';
return { a: 1 };
