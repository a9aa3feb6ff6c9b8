// expect: SYNTAX_ERROR
#!/usr/bin/env node
return 1;
