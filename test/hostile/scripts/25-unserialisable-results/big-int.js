// expect: RESULT_NOT_SERIALIZABLE
return { n: 1n };
