// expect: ok
// limits: maxResultBytes=12
// value: "xxxxxxxxxx"
return 'x'.repeat(10);
