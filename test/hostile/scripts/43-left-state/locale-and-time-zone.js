// expect: ok
// value: 1
Date.prototype.getTimezoneOffset = () => 7;
Intl.DateTimeFormat = class {};
Number.prototype.toLocaleString = () => 'left';
Math.random = () => 4;
return 1;
