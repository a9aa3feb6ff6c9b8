// expect: SCRIPT_ERROR
await import('data:text/javascript,export default 1');
