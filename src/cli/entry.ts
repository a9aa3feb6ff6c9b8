// Process entry of the CLI: real streams, real signals, the exit status.
import { enableCompileCache } from 'node:module';
import { main } from './main.ts';
import { processIo } from './process-io.ts';

// Compiled code of our own modules is kept between starts; nothing of a script ever goes there.
enableCompileCache();
await main(process.argv.slice(2), processIo());
