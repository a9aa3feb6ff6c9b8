// expect: ok
// value: 1
Object.prototype.left = 1;
Array.prototype.left = 2;
Function.prototype.left = 3;
String.prototype.trim = () => 'left';
delete Map.prototype.get;
Object.setPrototypeOf(Array.prototype, null);
return 1;
