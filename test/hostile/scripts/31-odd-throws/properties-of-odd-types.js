// expect: SCRIPT_ERROR
throw { name: 1n, message: Symbol('m'), stack: { toString: () => 'forged' }, code: () => 1, line: NaN };
