// expect: ok
// value: 1
<!-- an HTML comment is a comment in sloppy and strict scripts alike
return 1;
--> return 2;
