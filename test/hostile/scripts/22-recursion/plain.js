// expect: SCRIPT_ERROR
// name: RangeError
const deeper = () => deeper() + 1;
deeper();
