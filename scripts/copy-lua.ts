// Puts the Lua files beside the built module that reads them; tsc copies only what it compiles.
import { cpSync } from 'node:fs';

cpSync(new URL('../src/store/lua', import.meta.url), new URL('../dist/store/lua', import.meta.url), {
  recursive: true,
});
