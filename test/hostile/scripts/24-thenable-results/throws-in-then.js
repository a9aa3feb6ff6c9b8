// expect: SCRIPT_ERROR
// message: no thenable
return {
  get then() {
    throw new Error('no thenable');
  },
};
