// expect: SYNTAX_ERROR
return import.meta.url;
