// expect: ok
// value: 1
return 1;
//# sourceMappingURL=file:///etc/passwd
