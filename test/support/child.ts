// A child process of a test: its first line tells that it is up; it never outlives the test.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface TestChild extends AsyncDisposable {
  readonly pid: number;
  /** What it printed first. */
  readonly line: string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  stop(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

const UP_MS = 28_000;

export async function startChild(fixture: string, args: readonly string[]): Promise<TestChild> {
  const file = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
  const child = spawn(process.execPath, ['--no-node-snapshot', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    // Before the time of a hook is over: what nobody holds, nobody would end.
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${fixture} was not up after ${UP_MS} ms`));
    }, UP_MS);
    late.unref();
    child.once('exit', (code) => reject(new Error(`${fixture} ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes('\n')) return;
      clearTimeout(late);
      resolve(text.slice(0, text.indexOf('\n')));
    });
  });
  return {
    pid: child.pid ?? 0,
    line,
    kill,
    stop: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: kill,
  };
}
