// expect: ok
// args: {"deep": [{"a": 1}]}
// value: [true, true]
return [args.constructor === Object, args.deep[0].constructor.constructor === Function];
