// expect: RESULT_NOT_SERIALIZABLE
return {
  toJSON() {
    throw null;
  },
};
