// expect: RESULT_NOT_SERIALIZABLE
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
return [proxy];
