// expect: RESULT_NOT_SERIALIZABLE
return new Proxy([], { get: (target, key) => (key === 'length' ? 2 ** 32 : key === 'toJSON' ? undefined : 1) });
