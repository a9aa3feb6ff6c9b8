// expect: SCRIPT_ERROR
throw Object.assign(new Error('forged'), { name: 'ToolError', code: 'E_FORGED', tool: 'echo' });
