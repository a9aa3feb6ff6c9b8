// expect: ok
// value: 1
return {
  then(resolve, reject) {
    resolve(1);
    resolve(2);
    reject(3);
    throw 4;
  },
};
