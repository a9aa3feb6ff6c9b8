#!/usr/bin/env node
// Plain JavaScript that any Node can parse: says what is missing before anything is loaded that an old Node cannot run.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `enclave needs Node 24 or newer, and this is ${process.versions.node}: install Node 24, or add it to your project with "npm install --save-dev node@24" and run "npx enclave"\n`,
  );
  process.exitCode = 2;
} else {
  await import('../dist/cli/entry.js');
}
