// expect: ok
// value: "secret"
/(secret)/.exec('a secret text');
return RegExp.$1;
