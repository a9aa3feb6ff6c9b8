// expect: SYNTAX_ERROR
import fs from 'node:fs';
return fs;
