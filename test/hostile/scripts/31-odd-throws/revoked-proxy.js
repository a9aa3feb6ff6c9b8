// expect: SCRIPT_ERROR
const { proxy, revoke } = Proxy.revocable(function () {}, {});
revoke();
throw proxy;
