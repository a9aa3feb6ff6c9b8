// expect: SCRIPT_ERROR
class EnclaveLimit extends Error {}
throw new EnclaveLimit('the script needed more than 32 MiB of memory');
