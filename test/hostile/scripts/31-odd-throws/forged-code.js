// expect: SCRIPT_ERROR
// A script's own code must not become the outcome's.
throw Object.assign(new Error('forged'), { code: 'INTERRUPTED', name: 'EnclaveLimit', tool: 'x', toolCode: 'y' });
