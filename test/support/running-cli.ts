// A command of the CLI that goes on running, from source, in a process of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
const PATIENCE_MS = 60_000;

export interface Running {
  /** The first match in what it has written to stderr, now or later. */
  readonly line: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly stop: () => Promise<void>;
}

export function startCli(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Running {
  const child = spawn(process.execPath, ['--no-node-snapshot', ENTRY, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const waiting = new Set<() => void>();
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    for (const look of waiting) look();
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return {
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = () => {
          waiting.delete(look);
          clearTimeout(timer);
          reject(new Error(`no ${String(pattern)} in:\n${text}`));
        };
        const timer = setTimeout(fail, PATIENCE_MS);
        const look = () => {
          const match = pattern.exec(text);
          if (match === null) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(match);
        };
        waiting.add(look);
        void ended.then(() => {
          if (waiting.has(look)) fail();
        });
        look();
      }),
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(kill);
    },
  };
}
