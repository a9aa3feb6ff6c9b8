// expect: RESULT_NOT_SERIALIZABLE
// message: no value
return {
  get value() {
    throw new Error('no value');
  },
};
