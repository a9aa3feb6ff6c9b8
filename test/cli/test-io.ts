// An `Io` whose streams are kept as text, for running commands in process.
import type { Io, Output } from '../../src/cli/io.ts';

export interface Captured {
  readonly io: Io;
  readonly out: () => string;
  readonly err: () => string;
  readonly status: () => number;
}

export function captureIo(given: Partial<Io> & { readonly columns?: number } = {}): Captured {
  let out = '';
  let err = '';
  let status = 0;
  const output = (write: (text: string) => void): Output => ({
    write,
    isTty: false,
    columns: given.columns ?? 80,
    color: false,
  });
  const io: Io = {
    stdout: output((text) => {
      out += text;
    }),
    stderr: output((text) => {
      err += text;
    }),
    readStdin: async () => '',
    cwd: new URL('../..', import.meta.url).pathname,
    env: {},
    argv: [],
    interrupted: new AbortController().signal,
    exitWith: (code) => {
      status = code;
    },
    ...given,
  };
  return { io, out: () => out, err: () => err, status: () => status };
}
