// The CLI as users start it, in a process of its own that runs until it is told to stop.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliProcess extends AsyncDisposable {
  readonly url: string;
  /** SIGTERM; the exit status when it has gone, or the signal that ended it. */
  stop(): Promise<number | string>;
}

const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));

/** Resolves when it prints that it listens, or is connected. */
export async function startCli(args: readonly string[]): Promise<CliProcess> {
  const child = spawn(process.execPath, ['--no-node-snapshot', entry, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    return await gone;
  };
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`enclave ${args.join(' ')} ended with ${code}:\n${text}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const up = /^(?:listening on|connected to) (\S+)$/mu.exec(text);
      if (up !== null) resolve(up[1] ?? '');
    });
  });
  return {
    url,
    stop: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}
