// expect: SCRIPT_ERROR, MEMORY_LIMIT
return JSON.parse('['.repeat(1e6));
