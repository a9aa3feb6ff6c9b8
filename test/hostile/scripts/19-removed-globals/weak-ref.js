// expect: SCRIPT_ERROR
// name: ReferenceError
return new WeakRef({}).deref();
