// expect: RESULT_NOT_SERIALIZABLE
return {
  toJSON() {
    throw new Error(new Error('inner').stack);
  },
};
