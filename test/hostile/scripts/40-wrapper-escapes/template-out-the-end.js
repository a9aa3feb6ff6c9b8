// expect: SYNTAX_ERROR
return `
