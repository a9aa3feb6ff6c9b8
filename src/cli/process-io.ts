// The real `Io`: the streams, signals and status of this process.
import { text } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';
import type { Io, Output } from './io.ts';

const INTERRUPTED = 96;
const NOT_WRITABLE = 2;
const DEFAULT_COLUMNS = 80;

export function processIo(): Io {
  const color = process.env['NO_COLOR'] === undefined || process.env['NO_COLOR'] === '';
  return {
    stdout: output(process.stdout, color),
    stderr: output(process.stderr, color),
    readStdin: () => text(process.stdin),
    cwd: process.cwd(),
    env: process.env,
    argv: process.argv.slice(2),
    interrupted: interruptSignal(),
    exitWith: (status) => {
      process.exitCode = status;
    },
  };
}

function output(stream: WriteStream, color: boolean): Output {
  // A reader that went away (`enclave … | head`) is no fault of the run: stop writing, end quietly.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    // A full disk behind a redirection: what was to be shown is lost, and its reader must learn of it.
    if (stream === process.stdout)
      process.stderr.write(`error [FILE_NOT_WRITABLE] stdout: ${error.message}\n`);
    process.exit(NOT_WRITABLE);
  });
  return {
    write: (chunk) => void stream.write(chunk),
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    color: color && stream.isTTY === true,
  };
}

function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
