// Process entry of the CLI: real streams, real signals, the exit status.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { main } from './main.ts';
import { processIo } from './process-io.ts';

// Compiled code of our own modules is kept between starts. Under the user's own folder: the default below the shared
// temporary folder could be laid there by somebody else. Nothing of a script ever goes there.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'enclave', 'compiled'));
await main(process.argv.slice(2), processIo());
