// expect: SCRIPT_ERROR
await import('node:fs');
